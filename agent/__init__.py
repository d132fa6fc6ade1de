"""What the developer is: vocabulary, ports, the loop, tools, evidence and reports."""
