"""The demo: one video through every step, through the REST API and the socket alone, as a frontend would do it."""
