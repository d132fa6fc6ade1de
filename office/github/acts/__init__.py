"""What can happen in the local GitHub: state, feed and webhooks together."""
