"""A Google Cloud Storage for one machine: the JSON API, signed URLs and resumable uploads, on a folder.

It exists so that the platform has one code path, `google-cloud-storage`, in production and on a laptop. It streams
to and from disk and keeps no object in memory. Versions, ACLs, encryption keys, notifications and the gRPC API
are not here; whoever asks for them gets an error, never a pretence.

**Who may reach it.** The JSON API takes requests without credentials, because the client's anonymous credentials
send none: whoever can connect can read and write everything. So it listens on 127.0.0.1 unless told otherwise, and
refuses JSON requests that a web page makes (browsers mark them with `Sec-Fetch-Site`). What a browser is meant to use are
capabilities: signed URLs, whose signature and expiry are checked, and the unguessable URLs of upload sessions.

**What survives.** An object is a row in `catalogue.sqlite` that names a file in `content/`. The file is written
and synced first, the row committed after it: so whatever moment the process or the machine stops, an object is
there whole, with its metadata, or not at all. Files without a row are swept at the next start.
"""

from deploy.local.storage.app import create_app

__all__ = ["create_app"]
