"""The command line of the engine alone: `python -m activities.media`. It composes what the platform's steps compose,
with files in the place of a bucket and a database."""
