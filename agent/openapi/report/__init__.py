"""An API diff in words: for terminals, pull requests, machines, chats and models. Pure."""
