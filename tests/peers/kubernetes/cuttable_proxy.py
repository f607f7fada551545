"""A TCP proxy whose connections can be cut or held up: the network between a watcher and an API server."""
import socket
import threading


class CuttableProxy:
    def __init__(self, host, port):
        self.target = (host, port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.open = set()
        self.flowing = threading.Event()
        self.flowing.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return  # It has ended.
            try:
                server = socket.create_connection(self.target)
            except OSError:
                client.close()  # The server is away for a moment.
                continue
            with self.lock:
                self.open |= {client, server}
            threading.Thread(target=self._copy, args=(client, server), daemon=True).start()
            threading.Thread(target=self._copy, args=(server, client), daemon=True).start()

    def _copy(self, source, target):
        try:
            while data := source.recv(65536):
                self.flowing.wait()
                target.sendall(data)
        except OSError:
            pass
        self._end({source, target})

    def _end(self, sockets):
        with self.lock:
            ending = sockets & self.open
            self.open -= ending
        for one in ending:
            # A copy may be waiting in it: only a shutdown wakes it up.
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def cut(self):
        """All connections end in the middle of whatever they carry. Gives how many."""
        with self.lock:
            every = set(self.open)
        self._end(every)
        return len(every) // 2

    def hold(self):
        """Nothing is carried any more; connections stay."""
        self.flowing.clear()

    def release(self):
        self.flowing.set()

    def end(self):
        self.listener.close()
        self.release()
        self.cut()
