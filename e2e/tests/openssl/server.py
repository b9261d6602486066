"""A payout server over OpenSSL: executes each complete POST and says so on its standard output.

Arguments: folder of the certificates, version (1.2 or 1.3), manner.
Manners: "mutual" requires a client certificate; "reads-on" goes on reading for a while after it
executed, so that what comes in between is answered by OpenSSL with an alert.
"""
import os, socket, ssl, sys, threading

folder, version, manner = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = context.maximum_version = {
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}[version]
context.load_cert_chain(os.path.join(folder, "server.pem"))
if manner == "mutual":
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(os.path.join(folder, "ca.pem"))

ANSWER = b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}"


def read_request(stream):
    received = b""
    while b"\r\n\r\n" not in received:
        received += stream.recv(65536) or sys.exit()
    head, body = received.split(b"\r\n\r\n", 1)
    lines = [line.split(b":", 1) for line in head.lower().split(b"\r\n")[1:]]
    length = int(dict(lines).get(b"content-length", 0))
    while len(body) < length:
        body += stream.recv(65536) or sys.exit()


def serve(connection):
    try:
        stream = context.wrap_socket(connection, server_side=True)
        read_request(stream)
        print("executed", flush=True)
        if manner == "reads-on":
            stream.settimeout(5)
            try:
                stream.recv(1)
            except TimeoutError:
                pass
        stream.sendall(ANSWER)
    except (OSError, SystemExit):
        connection.close()


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
