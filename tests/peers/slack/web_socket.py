"""A WebSocket as a server speaks it (RFC 6455), strict about what a client must do: mask, no reserved bits, whole text."""
import base64
import hashlib
import struct
import threading

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def accept_key(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


class ProtocolError(Exception):
    """What the client sent is none of the protocol."""


class WebSocket:
    """After the handshake: `reader` and `writer` are files of the connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.lock = threading.Lock()
        self.open = True

    def send(self, opcode, payload):
        head = bytes([0x80 | opcode])
        size = len(payload)
        if size < 126:
            head += bytes([size])
        elif size < 1 << 16:
            head += bytes([126]) + struct.pack(">H", size)
        else:
            head += bytes([127]) + struct.pack(">Q", size)
        with self.lock:
            self.writer.write(head + payload)
            self.writer.flush()

    def send_text(self, text):
        self.send(TEXT, text.encode())

    def exactly(self, count):
        data = self.reader.read(count)
        if len(data) < count:
            raise ConnectionError("the client is gone")
        return data

    def read_frame(self):
        first, second = self.exactly(2)
        if first & 0x70:
            raise ProtocolError("reserved bits are set")
        if not second & 0x80:
            raise ProtocolError("a client must mask its frames")
        size = second & 0x7F
        if size == 126:
            size = struct.unpack(">H", self.exactly(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.exactly(8))[0]
        mask = self.exactly(4)
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(self.exactly(size)))
        return bool(first & 0x80), first & 0x0F, payload

    def texts(self):
        """Every whole text until the client says goodbye; pings are answered."""
        text = b""
        while True:
            final, opcode, payload = self.read_frame()
            if opcode == CLOSE:
                self.open = False
                self.send(CLOSE, payload[:2])
                return
            if opcode == PING:
                self.send(PONG, payload)
            elif opcode in (0, TEXT):
                text += payload
                if final:
                    yield text.decode("utf-8")
                    text = b""
            elif opcode != PONG:
                raise ProtocolError(f"opcode {opcode} was not expected")
