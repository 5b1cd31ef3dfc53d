# Sends BYTES of a body as Python's own http.client does, the whole of it before it reads. usage: upload.py PORT PATH BYTES
import http.client, sys

port, path, size = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
connection = http.client.HTTPConnection("127.0.0.1", port)
connection.request("POST", path, body=b"\x7f" * size)
answer = connection.getresponse()
answer.read()
print(answer.status)
