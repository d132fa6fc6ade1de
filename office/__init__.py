"""The local office: a GitHub, a Jira, a Slack and a model endpoint on loopback, to try things in."""
