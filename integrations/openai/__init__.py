"""Any endpoint that speaks the chat completions API of OpenAI."""
