"""DataWorks' OpenAPI: the replies to events that come through EventBridge, and what policies look up.

HTTP and TLS are imported with the first call: most functions never make one.
"""
