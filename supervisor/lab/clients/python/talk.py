"""Talks Chatter's two protocols with Python's websockets. Prints a line for each check
that has passed and ends with status 1 at the first that has not.

    python3 talk.py http://127.0.0.1:8080
"""

import asyncio
import json
import sys
import time
import traceback

from guest import COOKIE, SUBPROTOCOL, PATIENCE, Socket, nonce, room_path, sign_in


async def join(room, since=None, classic=False):
    return await Socket.open(room_path(room, since), await sign_in("Petra Py"), classic)


async def enter(room, since="0"):
    """Joins a room and returns the socket, what came before it was live, the cursor."""
    socket = await join(room, since)
    before = []
    while True:
        frame = await socket.next()
        if frame["event"] == "live":
            return socket, before, frame["cursor"]
        before.append(frame)


def messages(frames):
    return [f.get("message", f["event"]) for f in frames]


def equal(got, want, why=""):
    assert got == want, f"got {got!r}, want {want!r} {why}"


async def handshake():
    socket, before, cursor = await enter("py handshake")
    equal(socket.ws.subprotocol, SUBPROTOCOL)
    equal((before, cursor), ([], "0-0"))


async def say():
    room = "py ? say % é"  # what a path has to escape
    a, _, _ = await enter(room)
    b, _, _ = await enter(room)
    id = await a.said("hello")
    equal(await b.text(), f'{{"event":"message","id":"{id}","message":"hello"}}')
    answer = await b.said("hello yourself")
    equal((await a.next())["id"], answer)


async def text():
    a, _, _ = await enter("py text")
    for said in ['<script>alert(1)</script> & "more"', "👩‍🚀 🍵", "مرحبا بالعالم", "two\nlines\tand a tab", "ä" * 2000]:
        await a.said(said)


async def retry():
    a, _, _ = await enter("py retry")
    n = nonce()
    id = await a.said("once", n)
    again, before, _ = await enter("py retry")
    equal([f["id"] for f in before], [id])
    await again.say("once", n)
    equal(await again.next(), {"event": "ack", "nonce": n, "id": id})
    later = await again.said("later")
    equal((await a.next())["id"], later, "what was sent again is not said again")


async def refused():
    a, _, _ = await enter("py refused")
    n = nonce()
    say = {"command": "new_message", "message": "x", "nonce": n}
    for frame, code, of in [
        (say | {"message": ""}, "empty", n),
        (say | {"message": "x" * 2001}, "too_long", n),
        (say | {"message": "a\0b"}, "bad_text", n),
        (say | {"message": "\ud800"}, "bad_text", n),  # json.dumps escapes it
        (say | {"nonce": "short"}, "bad_nonce", ""),
        ({k: v for k, v in say.items() if k != "nonce"}, "bad_nonce", ""),
        (say | {"command": "dance"}, "bad_frame", None),
        ('{"command":', "bad_frame", ""),
        ("[]", "bad_frame", ""),
        (b"{}", "bad_frame", ""),
    ]:
        await a.send(frame)
        got = await a.next()
        equal((got["event"], got["code"], got["retry_after"]), ("refused", code, 0), repr(frame))
        assert got["detail"]
        if of is not None:
            equal(got["nonce"], of, repr(frame))
    await a.said("still here")


async def rate_limit():
    a, _, _ = await enter("py flood")
    sent = [await a.say(f"flood {i}") for i in range(60)]
    answers = []
    while len(answers) < len(sent):
        frame = await a.next()
        if frame["event"] != "message":
            answers.append(frame)
    over = [f for f in answers if f["event"] == "refused"]
    assert 0 < len(over) < len(sent), f"{len(over)} refused"
    for f in over:
        equal(f["code"], "rate_limited")
        assert f["retry_after"] >= 1 and f["nonce"] in sent


async def resume():
    a, _, _ = await enter("py resume")
    b, _, _ = await enter("py resume")
    last = await a.said("seen")
    equal((await b.next())["id"], last)
    await b.ws.close()
    for said in ["one", "two", "three"]:
        await a.said(said)
    _, before, cursor = await enter("py resume", last)
    equal(messages(before), ["one", "two", "three"])
    equal(cursor, before[-1]["id"])
    _, before, _ = await enter("py resume", cursor)
    equal(before, [])


async def gap():
    a, _, _ = await enter("py gap")
    await a.said("one")
    await a.said("two")
    for since in [f"{time.time_ns() // 1_000_000}-999", "99999999999999-0", "nonsense"]:
        _, before, _ = await enter("py gap", since)
        equal(messages(before), ["gap", "one", "two"], since)
    for since in ["0", "1-1"]:
        _, before, _ = await enter("py gap", since)
        equal(messages(before), ["one", "two"], "no gap for an empty page, nor for an expired cursor")


async def close_4401():
    for cookie in [None, COOKIE + "=forged.forged"]:
        for path, classic in [(room_path("py"), False), ("/ws/index/", False), (room_path("py"), True)]:
            equal(await (await Socket.open(path, cookie, classic)).closed(), 4401)


async def close_4404():
    cookie = await sign_in("Petra Py")
    for room in ["a/b", "x" * 26, "a\u0007b", " "]:
        for classic in [False, True]:
            equal(await (await Socket.open(room_path(room), cookie, classic)).closed(), 4404, room)


async def close_1009():
    a, _, _ = await enter("py big")
    b, _, _ = await enter("py big")
    await a.send(" " * 65 * 1024)
    equal(await a.closed(), 1009)
    await b.said("nobody else notices")


async def fragments():
    a, _, _ = await enter("py fragments")
    frame = json.dumps({"command": "new_message", "message": "in parts", "nonce": nonce()})
    await a.ws.send(list(frame))
    equal({f["event"]: f for f in await a.take(2)}["message"]["message"], "in parts")


async def ping():
    a, _, _ = await enter("py ping")
    await asyncio.wait_for(await a.ws.ping("are you there"), PATIENCE)


async def goodbye():
    a, _, _ = await enter("py goodbye")
    await asyncio.wait_for(a.ws.close(), PATIENCE)
    equal(a.ws.close_code, 1000)


async def classic():
    events, _, _ = await enter("py classic")
    await events.said("before anybody came")
    old = await join("py classic", classic=True)
    equal(old.ws.subprotocol, None)
    await old.send({"command": "new_message", "message": "hi"})
    await old.send({"message": "hi again"})
    await old.send('{"command":')  # refused, which this protocol has no word for
    heard = await old.take(2)
    equal(messages(heard), ["hi", "hi again"], "from the moment it joins, and no acks")
    equal(await events.take(2), heard, "the same for both protocols")
    id = await events.said("and back")
    equal(await old.text(), f'{{"event":"message","id":"{id}","message":"and back"}}')


async def classic_resume():
    events, _, _ = await enter("py classic resume")
    first = await events.said("one")
    await events.said("two")
    whole = await join("py classic resume", "0", classic=True)
    equal(messages(await whole.take(2)), ["one", "two"])
    later = await join("py classic resume", first, classic=True)
    equal((await later.next())["message"], "two")
    await events.said("three")
    for socket in [whole, later]:
        equal((await socket.next())["message"], "three")


async def index():
    socket = await Socket.open("/ws/index/", await sign_in("Petra Py"))
    frame = await socket.next()
    equal(frame["event"], "recent")
    assert isinstance(frame["users"], list) and isinstance(frame["rooms"], list)


async def main():
    checks = {check.__name__.replace("_", " "): check for check in [
        handshake, say, text, retry, refused, rate_limit, resume, gap, close_4401, close_4404,
        close_1009, fragments, ping, goodbye, classic, classic_resume, index,
    ]}
    for name in sys.argv[2:] or checks:
        try:
            await checks[name]()
        except Exception:
            print(f"FAILED {name}: {traceback.format_exc()}", file=sys.stderr)
            return 1
        print("ok", name, flush=True)
    return 0


sys.exit(asyncio.run(main()))
