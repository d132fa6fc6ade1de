"""The local office: GitHub, Jira, Slack and a model endpoint on loopback, to try things in."""
