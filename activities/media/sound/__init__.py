"""Sound as samples and as packets."""
