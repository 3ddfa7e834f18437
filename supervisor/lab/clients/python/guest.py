"""What a guest has: a session, and sockets whose frames are taken one by one."""

import asyncio
import json
import secrets
import sys
import urllib.error
import urllib.parse
import urllib.request

import websockets

SUBPROTOCOL = "chatter.v1"

# Nothing here takes this long unless it never comes.
PATIENCE = 120

# The library calls it differently since its version 14.
HEADERS = "additional_headers" if int(websockets.__version__.split(".")[0]) >= 14 else "extra_headers"

if len(sys.argv) < 2:
    sys.exit("usage: python3 talk.py http://HOST:PORT [CHECK…]")
SITE = sys.argv[1].rstrip("/")
PORT = urllib.parse.urlsplit(SITE).port
COOKIE = f"chatter-{PORT}" if PORT else "chatter"


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def _post(name):
    form = urllib.parse.urlencode({"user": name}).encode()
    # No proxy of the environment: the site is on this machine.
    opener = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))
    try:
        return opener.open(SITE + "/index/", form, PATIENCE)
    except urllib.error.HTTPError as answer:  # which a 303 is, to urllib
        return answer


async def sign_in(name):
    """Signs in as a browser does and returns the session's cookie."""
    answer = await asyncio.to_thread(_post, name)
    cookies = [c for c in answer.headers.get_all("Set-Cookie", []) if c.startswith(COOKIE + "=")]
    answer.close()
    if answer.status != 303 or not cookies:
        raise AssertionError(f"signing in: {answer.status}, cookies {cookies}")
    return cookies[0].split(";")[0]


def nonce():
    return secrets.token_urlsafe(16)


def room_path(room, since=None):
    path = f"/ws/chat/{urllib.parse.quote(room, safe='')}/"
    return path if since is None else f"{path}?since={since}"


class Socket:
    def __init__(self, ws):
        self.ws = ws

    @classmethod
    async def open(cls, path, cookie=None, classic=False):
        """Opens a socket; a classic client offers no subprotocol."""
        options = {HEADERS: {"Origin": SITE} | ({"Cookie": cookie} if cookie else {})}
        if not classic:
            options["subprotocols"] = [SUBPROTOCOL]
        return cls(await websockets.connect("ws" + SITE.removeprefix("http") + path, open_timeout=PATIENCE, **options))

    async def text(self):
        """Returns the next frame as it came."""
        frame = await asyncio.wait_for(self.ws.recv(), PATIENCE)
        assert isinstance(frame, str), f"wanted a text frame, got {frame!r}"
        return frame

    async def next(self):
        return json.loads(await self.text())

    async def take(self, n):
        return [await self.next() for _ in range(n)]

    async def send(self, frame):
        await self.ws.send(json.dumps(frame) if isinstance(frame, dict) else frame)

    async def say(self, message, n=None):
        """Sends a message and returns its nonce."""
        n = n or nonce()
        await self.send({"command": "new_message", "message": message, "nonce": n})
        return n

    async def said(self, message, n=None):
        """Says something and returns its ID, when everybody and the sender know it."""
        n = await self.say(message, n)
        frames = {f["event"]: f for f in await self.take(2)}
        ack, echo = frames["ack"], frames["message"]
        assert ack["id"] == echo["id"] and ack["nonce"] == n and echo["message"] == message, frames
        return ack["id"]

    async def closed(self):
        """Waits until the other side has closed the socket and returns the code."""
        await asyncio.wait_for(self.ws.wait_closed(), PATIENCE)
        return self.ws.close_code
