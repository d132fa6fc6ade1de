"""A small HTTP port for probes, for processes that have no other."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


def serve_health(port: int, is_ready: Callable[[], bool]) -> ThreadingHTTPServer:
    """Answer `/healthz` (alive) and `/readyz` (200 only when ready) in the background."""

    class Probe(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths = {"/healthz": True, "/readyz": is_ready()}
            status = {True: 200, False: 503}.get(paths.get(self.path), 404)  # type: ignore[arg-type]
            body = json.dumps({"ok": status == 200}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Probes are not worth a log line."""

    server = ThreadingHTTPServer(("0.0.0.0", port), Probe)  # noqa: S104 - probes come from outside
    Thread(target=server.serve_forever, daemon=True).start()
    return server
