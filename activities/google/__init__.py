"""Google Cloud's providers, for production. Vendor errors are classified in `errors.py`, and the client libraries'
own retries are off: Temporal owns them."""
