"""The demo takes one video through every step, only through the REST API and the socket, as a frontend would."""
