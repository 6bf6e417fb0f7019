# SPDX-License-Identifier: Apache-2.0
"""Sends the requests of mutation.py over HTTP/2, by prior knowledge, one at a time on a connection that is kept."""

import re

import h2.config
import h2.connection
import h2.events
import h2.exceptions

PROTOCOL_ERROR = 1


class Reset(Exception):
    """The server ended the stream, not the connection, with this code."""

    def __init__(self, code):
        super().__init__(f"the stream was reset with {code}")
        self.code = code


def fields_of(request, token):
    """The header fields of a request as HTTP/2 writes them."""
    given = [(name.lower(), value.strip(" \t")) for name, value in request.headers]
    hosts = [value for name, value in given if name == "host"]
    rest = [pair for pair in given if pair[0] != "host"]
    if token and not any(name == "authorization" for name, _ in rest):
        rest.append(("authorization", "Bearer " + token))
    if request.body is not None:
        rest.append(("content-length", str(len(request.body))))
    first = [(":method", request.method), (":scheme", "http"), (":path", request.target()),
             (":authority", hosts[0] if hosts else "x")]
    # A second Host stays one, so that it is not the client that drops it.
    return [(name.encode(), value.encode("utf-8", "surrogatepass"))
            for name, value in [*first, *(("host", value) for value in hosts[1:]), *rest]]


def is_malformed(fields):
    """Whether HTTP/2 itself refuses the head: its stream is reset without an answer (RFC 9113, 8.1.1)."""
    said = dict(fields)
    return not re.fullmatch(rb"[!-~]+", said[b":path"]) or not re.fullmatch(rb"[\w.:\[\]%~!$&'()*+,;=-]+",
                                                                            said[b":authority"])


class Http2Link:
    def __init__(self, connect):
        self.connect, self.socket, self.state, self.events = connect, None, None, []

    def exchange(self, fields, body):
        """(status, headers, raw) of the answer; Reset where the server ends the stream without one."""
        if self.socket is None:
            self._open()
        stream = self.state.get_next_available_stream_id()
        self.state.send_headers(stream, fields, end_stream=not body)
        self._flush()
        answer = Answered(stream)
        self._send(stream, body or b"", answer)
        while not answer.ended:
            self._receive(answer)
        if answer.leaves or stream > 100_000:
            self.close()
        return answer.status, answer.headers, answer.raw

    def _open(self):
        self.socket = self.connect()
        config = h2.config.H2Configuration(client_side=True, header_encoding=None, validate_outbound_headers=False,
                                           normalize_outbound_headers=False)
        self.state = h2.connection.H2Connection(config)
        self.state.initiate_connection()
        self._flush()

    def _send(self, stream, body, answer):
        while body and not answer.ended and not answer.reset:
            room = min(self.state.local_flow_control_window(stream), self.state.max_outbound_frame_size)
            if room == 0:
                self._receive(answer)
                continue
            self.state.send_data(stream, body[:room], end_stream=room >= len(body))
            body = body[room:]
            self._flush()

    def _flush(self):
        self.socket.sendall(self.state.data_to_send())

    def _receive(self, answer):
        data = self.socket.recv(65536)
        assert data, "the connection ended while an answer was awaited"
        for event in self.state.receive_data(data):
            if isinstance(event, h2.events.DataReceived):
                self.state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            answer.take(event)
        self._flush()

    def close(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None


class Answered:
    """What has come of the answer to one stream."""

    def __init__(self, stream):
        self.stream, self.status, self.headers, self.raw = stream, None, {}, b""
        self.ended = self.reset = self.leaves = False

    def take(self, event):
        if isinstance(event, h2.events.ConnectionTerminated):
            assert event.error_code == 0, f"GOAWAY with {event.error_code}: {event.additional_data!r}"
            self.leaves = True
        if getattr(event, "stream_id", None) != self.stream:
            return
        if isinstance(event, h2.events.ResponseReceived):
            for name, value in event.headers:
                if name == b":status":
                    self.status = int(value)
                else:
                    self.headers[name.decode()] = value.decode()
        elif isinstance(event, h2.events.DataReceived):
            self.raw += event.data
        elif isinstance(event, h2.events.StreamEnded):
            self.ended = True
        elif isinstance(event, h2.events.StreamReset):
            self.reset = True
            if not self.ended:
                raise Reset(event.error_code)
