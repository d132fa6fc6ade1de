"""What the file helper is made of; it runs inside the sandbox, on Python 3.8 and later."""
