"""A proxy before a server that answers some requests itself: failures at the very call that a test is about."""

import http.client
import http.server
import threading
import urllib.parse


def refusal(code, status=400):
    """An answer of EC2 that refuses."""
    body = f"<Response><Errors><Error><Code>{code}</Code><Message>refused</Message></Error></Errors></Response>"
    return status, body.encode()


class AnsweringProxy:
    """Passes requests on, signatures and all, but for those that `answer(method, path, body)` has an answer to:
    (status, body). Looks like the server to the helpers that run commands."""

    def __init__(self, server, answer):
        self.answer = answer
        self.data_dir = server.data_dir
        self.access_key_id = server.access_key_id
        self.secret_access_key = server.secret_access_key
        address = urllib.parse.urlsplit(server.endpoint).netloc

        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                status, content, headers = *(proxy.answer(self.command, self.path, body) or (None, None)), []
                if status is None:
                    status, content, headers = self.forward(body)
                self.send_response(status)
                for name, value in headers:
                    if name.lower().startswith("x-amz"):
                        self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def forward(self, body):
                connection = http.client.HTTPConnection(address, timeout=60)
                try:
                    connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                    for name, value in self.headers.items():
                        connection.putheader(name, value)
                    connection.endheaders(body)
                    answered = connection.getresponse()
                    return answered.status, answered.read(), answered.getheaders()
                finally:
                    connection.close()

            do_GET = do_POST = do_PUT = handle_one

            def log_message(self, *_):
                pass

        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.listener.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.listener.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown()
        self.listener.server_close()
