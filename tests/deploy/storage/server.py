"""The object store as its own process, which a test may kill and start again."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil

from deploy.local.ports import free_port

BUCKET = "test-bucket"


class ObjectStoreServer:
    """Serves `data` on one port for its whole life, so that URLs survive a restart."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def signing_key(self) -> Path:
        return self.data / "signing-key.json"

    @property
    def content(self) -> list[Path]:
        """Every file that the store keeps, of objects and of uploads."""
        return sorted((self.data / "content").iterdir())

    def start(self) -> None:
        self._process = self.spawn()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            assert self._process.poll() is None, "the server ended while it started"
            try:
                if httpx.get(f"{self.url}/healthz").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the server did not answer within 20 s")

    def spawn(self) -> subprocess.Popen[bytes]:
        options = ["--data", str(self.data), "--port", str(self.port), "--bucket", BUCKET]
        return subprocess.Popen(
            [sys.executable, "-m", "deploy.local.storage", *options], stderr=subprocess.PIPE
        )

    def kill(self) -> None:
        """SIGKILL, as a crash does."""
        assert self._process is not None
        self._process.kill()
        self._reap()

    def stop(self) -> int:
        """SIGTERM; answers the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._reap()

    def restart_after_kill(self) -> None:
        self.kill()
        self.start()

    def peak_memory(self) -> int:
        """The most resident memory that this process has used, in bytes."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def moved(self) -> int:
        """Bytes that this process has read from files and written to them so far."""
        assert self._process is not None
        counted = psutil.Process(self._process.pid).io_counters()
        return int(counted.read_chars + counted.write_chars)

    def limit_files(self, size: int) -> None:
        """From here on no file may grow beyond `size` bytes: a disk that is full, for whoever writes."""
        assert self._process is not None
        psutil.Process(self._process.pid).rlimit(psutil.RLIMIT_FSIZE, (size, size))

    def open_files(self) -> int:
        assert self._process is not None
        return len(psutil.Process(self._process.pid).open_files())

    def _reap(self) -> int:
        process, self._process = self._process, None
        assert process is not None
        process.communicate(timeout=20)
        return process.returncode
