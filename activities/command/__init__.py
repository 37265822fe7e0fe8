"""The command line of the engine alone: `accessible-video`. It composes what the platform's steps compose,
with files in the place of a bucket and a database."""
