"""What stands between a server and its S3 bucket, and does with requests and answers what a test says."""

import contextlib
import http.client
import http.server
import socket
import struct
import threading
import urllib.parse

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
UPSTREAM_SECONDS_MAX = 60
HELD_SECONDS_MAX = 120


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body

    def writes(self):
        return self.method == "PUT"

    def reads_segment(self):
        """Whether bytes of blocks and nodes are asked for. Roots, lengths and lists are not."""
        return self.method == "GET" and "/seg/" in self.target


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


class Fault:
    """What becomes of a request: each kind overrides what it disturbs."""

    def take(self, request, upstream):
        """The answer to a request; None breaks the connection."""
        return upstream(request)

    def sent(self, body):
        """What of an answer's body is sent before the connection is broken; all of it if it is not."""
        return body


class Refuse(Fault):
    """Answers with an error of S3, and passes nothing on."""

    def __init__(self, status, code):
        self.status, self.code = status, code

    def take(self, request, upstream):
        text = f"<?xml version='1.0'?><Error><Code>{self.code}</Code><Message>a fault of the test</Message></Error>"
        return Answer(self.status, [("Content-Type", "application/xml")], text.encode())


class LoseRequest(Fault):
    def take(self, request, upstream):
        return None


class LoseAnswer(Fault):
    """Passes the request on, and breaks the connection in the place of an answer."""

    def take(self, request, upstream):
        upstream(request)
        return None


class CutOff(Fault):
    """Breaks the connection in the midst of the answer's body."""

    def sent(self, body):
        return body[: len(body) // 2]


class Shorten(Fault):
    """Gives half of the body as if it were all."""

    def take(self, request, upstream):
        answer = upstream(request)
        answer.body = answer.body[: len(answer.body) // 2]
        return answer


class Corrupt(Fault):
    """Changes one byte of the answer's body."""

    def take(self, request, upstream):
        answer = upstream(request)
        middle = len(answer.body) // 2
        answer.body = answer.body[:middle] + bytes([answer.body[middle] ^ 1]) + answer.body[middle + 1 :]
        return answer


class CorruptRequest(Fault):
    """Changes one byte of what is written."""

    def take(self, request, upstream):
        middle = len(request.body) // 2
        request.body = request.body[:middle] + bytes([request.body[middle] ^ 1]) + request.body[middle + 1 :]
        return upstream(request)


class Hold(Fault):
    """Passes the request on once the test says so."""

    def __init__(self):
        self.is_held, self.released = threading.Event(), threading.Event()

    def take(self, request, upstream):
        self.is_held.set()
        assert self.released.wait(HELD_SECONDS_MAX), "a held request was never released"
        return upstream(request)


class S3Proxy:
    """Passes requests on to `upstream`, but those that a plan gives a fault."""

    def __init__(self, upstream):
        self._upstream = urllib.parse.urlsplit(upstream)
        self._plan = None
        self._lock = threading.Lock()
        self.struck = 0
        self.names_struck = set()

    def strike(self, which, fault, times=None):
        """From now on requests of which `which(request)` is true meet `fault`: all, or so many of them. They are counted
        in `struck`, and what they name is in `names_struck`."""
        with self._lock:
            self._plan, self.struck, self.names_struck = (which, fault, times), 0, set()

    def leave_alone(self):
        """From now on everything is passed on."""
        with self._lock:
            self._plan = None

    def fault_of(self, request):
        with self._lock:
            if self._plan is None:
                return Fault()
            which, fault, times = self._plan
            if not which(request) or (times is not None and self.struck >= times):
                return Fault()
            self.struck += 1
            self.names_struck.add(request.target)
            return fault

    def upstream(self, request):
        """The bucket's own answer. Headers are passed on as they are: the signature covers the host among them."""
        connection = http.client.HTTPConnection(self._upstream.netloc, timeout=UPSTREAM_SECONDS_MAX)
        with contextlib.closing(connection):
            connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers:
                connection.putheader(name, value)
            connection.endheaders(request.body)
            answered = connection.getresponse()
            body = answered.read()
            headers = [(name, value) for name, value in answered.getheaders() if name.lower() not in HOP_BY_HOP]
            if request.method == "HEAD" and answered.headers["Content-Length"]:
                headers.append(("Content-Length", answered.headers["Content-Length"]))
            return Answer(answered.status, headers, body)


@contextlib.contextmanager
def between(upstream):
    """A proxy in front of the S3 server at `upstream`; its `endpoint` is where servers are sent."""
    proxy = S3Proxy(upstream)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def carry(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            request = Request(self.command, self.path, self.headers.items(), body)
            fault = proxy.fault_of(request)
            answer = fault.take(request, proxy.upstream)
            if answer is None:
                self.break_off()
                return
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            if self.command != "HEAD":
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            sent = fault.sent(answer.body)
            self.wfile.write(sent)
            if len(sent) < len(answer.body):
                self.break_off()

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = carry

        def break_off(self):
            """Ends the connection as a peer does that has died: what is under way is reset."""
            self.close_connection = True
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_):
            """A client that is killed breaks its connections: that is no fault of the proxy."""

    listening = Server(("127.0.0.1", 0), Handler)
    proxy.endpoint = f"http://127.0.0.1:{listening.server_address[1]}"
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()
