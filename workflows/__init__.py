"""When things happen: Temporal workflows, their activities, the gateway and the command line."""
