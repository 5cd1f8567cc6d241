#!/usr/bin/env python3
"""Verifies what a transparency log gives out, offline, with nothing but its public keys.

Written from the standards alone, apart from the register's own code, so that neither can hide the other's mistakes:
RFC 6962 and RFC 9162 (Merkle trees), C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof and tlog-tiles,
RFC 8785 (canonical JSON), RFC 8032 (Ed25519). One file; uses the package `cryptography` for Ed25519 if it is there, and
the arithmetic of RFC 8032 if not.

  verify.py note FILE --key VKEY…                      a signed note: its text goes to standard output
  verify.py checkpoint FILE --key VKEY… [--witness VKEY…] [--quorum N] [--origin NAME]
                                                        a checkpoint: "SIZE ROOT" goes to standard output
  verify.py proof FILE (--leaf FILE | --event FILE | --leaf-hash BASE64) --key VKEY… [as checkpoint]
                                                        a .tlog-proof file
  verify.py inclusion --index N --size N --root BASE64 (--leaf FILE | --event FILE | --leaf-hash BASE64) [HASH…]
  verify.py consistency --old N --old-root BASE64 --new N --new-root BASE64 [HASH…]
  verify.py entries CHECKPOINT BUNDLE… --key VKEY… [as checkpoint]
                                                        a whole log: its entry bundles, in order, against a checkpoint
  verify.py events CHECKPOINT FILE --key VKEY… [as checkpoint]
                                                        a whole export: recorded events, one a line, against a checkpoint
  verify.py bundle FILE --key VKEY… [as checkpoint]      the evidence of a record (`chancery export --evidence`)
  verify.py export FILE --key VKEY… [as checkpoint]      a whole log (`chancery export`)
  verify.py leaf EVENT                                  the leaf of a recorded event goes to standard output
  verify.py canonical FILE                              the canonical form of JSON goes to standard output

FILE may be - for standard input. Exit codes: 0 it holds; 1 it does not, and the reason is said on standard error;
2 the call or the input cannot be read.
"""

import argparse
import base64
import hashlib
import json
import re
import sys

HOLDS, DOES_NOT_HOLD, UNREADABLE = 0, 1, 2


class DoesNotHold(Exception):
    """What was to be verified is wrong."""


class Unreadable(Exception):
    """What was to be verified is not of the format."""


# --- Encodings ---------------------------------------------------------------------------------------------------------


def from_base64(text, what):
    """RFC 4648, section 4; the one text of the bytes."""
    try:
        value = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError as error:
        raise Unreadable(f"{what} is not base64") from error
    if base64.b64encode(value).decode("ascii") != text:
        raise Unreadable(f"{what} is not the canonical base64 of its bytes")
    return value


def hash_from_base64(text, what="a hash"):
    value = from_base64(text, what)
    if len(value) != 32:
        raise Unreadable(f"{what} has {len(value)} bytes, not 32")
    return value


def from_decimal(text, what):
    """An ASCII decimal without leading zeros, of at most 64 bits."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,19}", text, re.ASCII) or int(text) >= 2**64:
        raise Unreadable(f"{what} is no decimal of 64 bits: {text!r}")
    return int(text)


def sha256(data):
    return hashlib.sha256(data).digest()


# --- Ed25519 (RFC 8032, section 5.1) -----------------------------------------------------------------------------------


def ed25519_by_arithmetic(public, signature, message):
    """Section 5.1.7, in extended coordinates; slow, and enough."""
    p, order = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
    d = -121665 * pow(121666, p - 2, p) % p

    def add(one, other):
        a = (one[1] - one[0]) * (other[1] - other[0]) % p
        b = (one[1] + one[0]) * (other[1] + other[0]) % p
        c = 2 * one[3] * other[3] * d % p
        e = 2 * one[2] * other[2] % p
        f, g, h, i = b - a, e - c, e + c, b + a
        return (f * g % p, h * i % p, g * h % p, f * i % p)

    def times(scalar, point):
        result = (0, 1, 1, 0)
        while scalar:
            if scalar & 1:
                result = add(result, point)
            point = add(point, point)
            scalar >>= 1
        return result

    def decode(data):
        y = int.from_bytes(data, "little")
        sign, y = y >> 255, y & (2**255 - 1)
        if y >= p:
            return None
        square = (y * y - 1) * pow(d * y * y + 1, p - 2, p) % p
        x = pow(square, (p + 3) // 8, p)
        if (x * x - square) % p:
            x = x * pow(2, (p - 1) // 4, p) % p
        if (x * x - square) % p or (x == 0 and sign):
            return None
        if x & 1 != sign:
            x = p - x
        return (x, y, 1, x * y % p)

    if len(public) != 32 or len(signature) != 64:
        return False
    key, commitment = decode(public), decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or s >= order:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % order
    y = 4 * pow(5, p - 2, p) % p
    base = decode(y.to_bytes(32, "little"))
    left, right = times(s, base), add(commitment, times(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % p == 0 and (left[1] * right[2] - right[1] * left[2]) % p == 0


def ed25519(public, signature, message):
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return ed25519_by_arithmetic(public, signature, message)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# --- Signed notes (C2SP signed-note) -----------------------------------------------------------------------------------

ED25519, COSIGNATURE = 0x01, 0x04


class Key:
    """A verifier key: <name>+<hex of the key id>+<base64 of type and public key>."""

    def __init__(self, text):
        parts = text.split("+", 2)
        if len(parts) != 3:
            raise Unreadable(f"no verifier key: {text!r}")
        self.name, identifier, encoded = parts
        check_name(self.name)
        data = from_base64(encoded, "a verifier key")
        if len(data) != 33 or data[0] not in (ED25519, COSIGNATURE):
            raise Unreadable(f"a verifier key of a type or length that is not known: {text!r}")
        self.type, self.public = data[0], data[1:]
        self.id = sha256(self.name.encode() + b"\n" + data)[:4]
        if identifier != self.id.hex():
            raise Unreadable(f"the key id does not belong to the key: {text!r}")

    def holds(self, text, signature):
        if self.type == ED25519:
            return ed25519(self.public, signature, text.encode())
        # tlog-cosignature: eight bytes of time, big-endian, and the signature of header, time and note.
        if len(signature) != 8 + 64:
            return False
        seconds = int.from_bytes(signature[:8], "big")
        if seconds >= 2**63:
            return False
        message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        return ed25519(self.public, signature[8:], message)


def check_name(name):
    if not name or "+" in name or any(character.isspace() for character in name):
        raise Unreadable(f"no key name: {name!r}")


def read_note(data):
    """Splits a note into its text and [(name, key id, signature)]."""
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"the note is not UTF-8 at byte {error.start}") from error
    if any(character < " " and character != "\n" for character in note):
        raise Unreadable("the note has control characters")
    end = note.rfind("\n\n")
    if end < 0 or not note.endswith("\n"):
        raise Unreadable("the note has no blank line before signatures, or its last line is not ended")
    text, lines = note[: end + 1], note[end + 2 : -1].split("\n")
    signatures = []
    for line in lines:
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014":
            raise Unreadable(f"no signature line: {line!r}")
        check_name(parts[1])
        blob = from_base64(parts[2], "a signature")
        if len(blob) < 5:
            raise Unreadable(f"a signature that is too short: {line!r}")
        signatures.append((parts[1], blob[:4], blob[4:]))
    return text, signatures


def verify_note(data, keys):
    """Answers the text and which keys signed. A known key whose signature fails rejects the note."""
    text, signatures = read_note(data)
    signed = []
    for name, identifier, signature in signatures:
        for key in keys:
            if key.name == name and key.id == identifier:
                if not key.holds(text, signature):
                    raise DoesNotHold(f"the signature of {name} ({identifier.hex()}) does not hold")
                if key not in signed:
                    signed.append(key)
    if not signed:
        raise DoesNotHold("no known key signed")
    return text, signed


# --- Checkpoints (C2SP tlog-checkpoint) --------------------------------------------------------------------------------


def read_checkpoint(text):
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] != "" or any(not line for line in lines[:-1]):
        raise Unreadable("a checkpoint has at least three lines, none of them empty")
    return lines[0], from_decimal(lines[1], "the size"), hash_from_base64(lines[2], "the root")


def verify_checkpoint(data, options):
    """Answers size and root of a checkpoint that the log signed and enough witnesses cosigned."""
    logs, witnesses = [Key(text) for text in options.key], [Key(text) for text in options.witness]
    if any(key.type != COSIGNATURE for key in witnesses):
        raise Unreadable("a witness has a cosignature key, of type 0x04")
    text, signed = verify_note(data, logs + witnesses)
    origin, size, root = read_checkpoint(text)
    expected = options.origin or logs[0].name
    if origin != expected:
        raise DoesNotHold(f"the checkpoint is of the log {origin!r}, not {expected!r}")
    if not any(key in signed for key in logs):
        raise DoesNotHold("no known key of the log signed")
    # The message does not name the witness: a public key is one witness, whatever names it has.
    cosigned = len({key.public for key in witnesses if key in signed})
    if cosigned < options.quorum:
        raise DoesNotHold(f"{cosigned} known witnesses cosigned, {options.quorum} are needed")
    return size, root


# --- Merkle trees (RFC 6962, section 2.1; verification by RFC 9162, sections 2.1.3.2 and 2.1.4.2) -----------------------


def leaf_hash(leaf):
    return sha256(b"\x00" + leaf)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def tree_hash(hashes):
    """MTH over leaf hashes. Equal to the recursion of RFC 6962: complete subtrees are joined from the right."""
    subtrees = []
    for count, value in enumerate(hashes, 1):
        while count % 2 == 0:
            value, count = node_hash(subtrees.pop(), value), count // 2
        subtrees.append(value)
    if not subtrees:
        return sha256(b"")
    root = subtrees.pop()
    while subtrees:
        root = node_hash(subtrees.pop(), root)
    return root


def verify_inclusion(leaf, index, size, path, root):
    if index >= size:
        raise DoesNotHold(f"leaf {index} is not in a tree of {size}")
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            raise DoesNotHold("the inclusion proof is too long")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not (fn & 1 or fn == 0):
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise DoesNotHold("the inclusion proof is too short")
    if r != root:
        raise DoesNotHold("the inclusion proof leads to another root")


def verify_consistency(first, first_root, second, second_root, path):
    if first > second:
        raise DoesNotHold("the first tree is larger than the second")
    if (first == 0 and first_root != sha256(b"")) or (second == 0 and second_root != sha256(b"")):
        raise DoesNotHold("the tree without leaves has another root")
    if first == second and first_root != second_root:
        raise DoesNotHold("two trees of one size have different roots")
    if first == 0 or first == second:
        if path:
            raise DoesNotHold("the consistency proof should be empty")
        return
    if not path:
        raise DoesNotHold("the consistency proof is empty")
    if first & (first - 1) == 0:
        path = [first_root, *path]
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            raise DoesNotHold("the consistency proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not (fn & 1 or fn == 0):
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise DoesNotHold("the consistency proof is too short")
    if fr != first_root:
        raise DoesNotHold("the consistency proof leads to another first root")
    if sr != second_root:
        raise DoesNotHold("the consistency proof leads to another second root")


# --- Proof files (C2SP tlog-proof) -------------------------------------------------------------------------------------


def read_proof(data):
    head, blank, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise Unreadable("the proof is not UTF-8") from error
    if not blank or lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise Unreadable("no tlog-proof of version 1")
    if lines and lines[0].startswith("extra "):
        from_base64(lines.pop(0)[len("extra ") :], "the extra data")
    if not lines or not lines[0].startswith("index "):
        raise Unreadable("the proof has no index")
    index = from_decimal(lines.pop(0)[len("index ") :], "the index")
    return index, [hash_from_base64(line, "a hash of the proof") for line in lines], checkpoint


# --- Canonical JSON (RFC 8785) -----------------------------------------------------------------------------------------


def read_json(data):
    """Parses I-JSON: names once, no lone surrogates, numbers that a 64-bit float holds."""

    def members(pairs):
        found = {}
        for name, value in pairs:
            if name in found:
                raise Unreadable(f"two members are called {name!r}")
            found[name] = value
        return found

    def number(text):
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise Unreadable(f"a number that is too large: {text}")
        return value

    def integer(text):
        value = number(text)
        if abs(value) >= 2**53 and number_text(value) != text:
            raise Unreadable(f"an integer that would be rounded: {text}")
        return value

    def constant(text):
        raise Unreadable(f"no JSON: {text}")

    try:
        text = data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=members, parse_float=number, parse_int=integer, parse_constant=constant)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise Unreadable(f"no JSON: {error}") from error
    return value


def number_text(value):
    """ECMAScript's Number::toString, from the shortest digits, which Python's repr has."""
    if value == 0:
        return "0"
    sign, (mantissa, _, exponent) = "-" * (value < 0), repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    # The value is 0.DIGITS × 10^n.
    n = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    k = len(digits)
    if k <= n <= 21:
        return sign + digits + "0" * (n - k)
    if 0 < n <= 21:
        return sign + digits[:n] + "." + digits[n:]
    if -6 < n <= 0:
        return sign + "0." + "0" * -n + digits
    rest = "." + digits[1:] if k > 1 else ""
    return f"{sign}{digits[0]}{rest}e{'+' if n > 0 else '-'}{abs(n - 1)}"


def string_text(value):
    short = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
    pieces = [short.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in value]
    if any("\ud800" <= c <= "\udfff" for c in value):
        raise Unreadable("half of a surrogate pair")
    return '"' + "".join(pieces) + '"'


def canonical(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number_text(float(value))
    if isinstance(value, str):
        return string_text(value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(string_text(name) + ":" + canonical(value[name]) for name in names) + "}"


def event_leaf(data):
    """The leaf of a recorded event: canonical JSON of the envelope in which data, datasalt and proposalhash have given
    place to datahash, the hexadecimal SHA-256 of both values of 16 bytes and the canonical JSON of data."""
    event = read_json(data)
    if not isinstance(event, dict) or not {"data", "datasalt", "proposalhash"} <= event.keys() or "datahash" in event:
        raise Unreadable("no recorded event: it has data, datasalt and proposalhash, and no datahash")
    hidden = b""
    for name in ("datasalt", "proposalhash"):
        text = event.pop(name)
        if not isinstance(text, str) or not re.fullmatch("[0-9a-f]{32}", text):
            raise Unreadable(f"{name} is not 32 lower-case hexadecimal digits")
        hidden += bytes.fromhex(text)
    hidden += canonical(event.pop("data")).encode()
    event["datahash"] = sha256(hidden).hex()
    leaf = canonical(event).encode()
    if len(leaf) > 65535:
        raise Unreadable("the leaf is larger than a bundle takes")
    return leaf


# --- Entry bundles (C2SP tlog-tiles) -----------------------------------------------------------------------------------


def read_bundle(data, name):
    entries, offset = [], 0
    while offset < len(data):
        size = int.from_bytes(data[offset : offset + 2], "big")
        entry = data[offset + 2 : offset + 2 + size]
        if len(data) < offset + 2 or len(entry) < size:
            raise Unreadable(f"{name} ends within the entry at byte {offset}")
        entries.append(entry)
        offset += 2 + size
    if not 0 < len(entries) <= 256:
        raise Unreadable(f"{name} has {len(entries)} entries, not 1 to 256")
    return entries


# --- Commands ----------------------------------------------------------------------------------------------------------


def read(path):
    try:
        if path == "-":
            return sys.stdin.buffer.read()
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error


def given_leaf(options):
    if options.leaf_hash is not None:
        return hash_from_base64(options.leaf_hash, "the leaf's hash")
    leaf = read(options.leaf) if options.leaf is not None else event_leaf(read(options.event))
    return leaf_hash(leaf)


def verify_whole(leaf_hashes, size, root):
    if len(leaf_hashes) != size:
        raise DoesNotHold(f"there are {len(leaf_hashes)} entries, and the checkpoint is of {size}")
    if tree_hash(leaf_hashes) != root:
        raise DoesNotHold("the entries have another root than the checkpoint")


# --- Chancery's own files, from the documentation of their formats ------------------------------------------------------


def check_bundle(data, options):
    """Evidence of a record ("chancery-evidence", version 1). Answers what is proved of it."""
    bundle = read_json(data)
    if not isinstance(bundle, dict) or bundle.get("format") != "chancery-evidence" or bundle.get("version") != 1:
        raise Unreadable("no chancery-evidence of version 1")
    names = {"format", "version", "about", "subject", "versions", "keys", "checkpoint", "events"}
    # Time stamps are not looked at here: `openssl ts -verify` does.
    if not bundle.keys() <= names | {"timestamps"} or not names - {"about"} <= bundle.keys():
        raise Unreadable(f"members that are missing or more: {sorted(names ^ bundle.keys())}")
    size, root = verify_checkpoint(bundle["checkpoint"].encode(), options)
    shown, last = 0, -1
    for number, event in enumerate(bundle["events"], 1):
        if not event.keys() <= {"version", "position", "leaf", "proof", "event"}:
            raise DoesNotHold(f"event {number} has members that nothing proves")
        if event["version"] != number:
            raise DoesNotHold(f"event {number} is missing, or not in its place")
        leaf = canonical(event["leaf"]).encode()
        index, path, checkpoint = read_proof(event["proof"].encode())
        if checkpoint != bundle["checkpoint"].encode():
            raise DoesNotHold(f"the proof of event {number} is of another checkpoint")
        if index + 1 != event["position"] or index <= last:
            raise DoesNotHold(f"event {number} is not at its position, or not in the log's order")
        verify_inclusion(leaf_hash(leaf), index, size, path, root)
        if event["leaf"].get("subject") != bundle["subject"]:
            raise DoesNotHold(f"event {number} is of another record")
        if "event" in event:
            shown += 1
            if event_leaf(canonical(event["event"]).encode()) != leaf:
                raise DoesNotHold(f"event {number} is not what is in the log")
        last = index
    if len(bundle["events"]) != bundle["versions"]:
        raise DoesNotHold(f"event {len(bundle['events']) + 1} of {bundle['versions']} is missing")
    return f"{bundle['subject']}: {shown} of {bundle['versions']} events shown, all in the log"


def check_export(data, options):
    """A whole log ("chancery-export", version 1). Answers what is proved of it."""
    lines = data.split(b"\n")
    if lines.pop() != b"":
        raise Unreadable("the last line is not ended")
    header = read_json(lines[0])
    if not isinstance(header, dict) or header.get("format") != "chancery-export" or header.get("version") != 1:
        raise Unreadable("no chancery-export of version 1")
    size, root = verify_checkpoint(header["checkpoint"].encode(), options)
    blocks, at = (size + 255) // 256, 1
    for number in range(blocks):
        block = read_json(lines[at]) if at < len(lines) else None
        if not isinstance(block, list) or len(block) != 4 or block[:2] != ["block", number]:
            raise DoesNotHold(f"line {at + 1} is not the line of block {number}")
        tile = from_base64(block[3], "a tile")
        hashes = [tile[start : start + 32] for start in range(0, len(tile), 32)]
        if len(tile) != 32 * min(256, size - 256 * number):
            raise DoesNotHold(f"block {number} has another number of events than the log")
        path = [hash_from_base64(text, "a hash of a proof") for text in block[2]]
        verify_inclusion(tree_hash(hashes), number, blocks, path, root)
        for place, expected in enumerate(hashes, at + 1):
            line = lines[place] if place < len(lines) else b"["
            if line == b"null":
                continue
            if line.startswith(b"[") or leaf_hash(line) != expected and leaf_hash(event_leaf(line)) != expected:
                raise DoesNotHold(f"line {place + 1}: this is not the event at position {256 * number + place - at}")
        at += 1 + len(hashes)
    if at != len(lines):
        raise DoesNotHold(f"line {at + 1}: more than the log has")
    return f"{size} events, all of the log"


def run(options):
    if options.command == "note":
        text, _ = verify_note(read(options.file), [Key(text) for text in options.key])
        sys.stdout.buffer.write(text.encode())
    elif options.command == "checkpoint":
        size, root = verify_checkpoint(read(options.file), options)
        print(size, base64.b64encode(root).decode("ascii"))
    elif options.command == "proof":
        index, path, checkpoint = read_proof(read(options.file))
        size, root = verify_checkpoint(checkpoint, options)
        verify_inclusion(given_leaf(options), index, size, path, root)
        print(f"leaf {index} of {size}")
    elif options.command == "inclusion":
        path = [hash_from_base64(text) for text in options.hash]
        root = hash_from_base64(options.root, "the root")
        verify_inclusion(given_leaf(options), options.index, options.size, path, root)
    elif options.command == "consistency":
        path = [hash_from_base64(text) for text in options.hash]
        old, new = hash_from_base64(options.old_root, "the old root"), hash_from_base64(options.new_root, "the new root")
        verify_consistency(options.old, old, options.new, new, path)
    elif options.command == "entries":
        size, root = verify_checkpoint(read(options.file), options)
        bundles = [read_bundle(read(name), name) for name in options.bundle]
        if any(len(bundle) < 256 for bundle in bundles[:-1]):
            raise Unreadable("only the last bundle may have fewer than 256 entries")
        verify_whole([leaf_hash(entry) for bundle in bundles for entry in bundle], size, root)
    elif options.command == "events":
        size, root = verify_checkpoint(read(options.file), options)
        verify_whole([leaf_hash(event_leaf(line)) for line in read(options.export).splitlines()], size, root)
    elif options.command == "bundle":
        print(check_bundle(read(options.file), options))
    elif options.command == "export":
        print(check_export(read(options.file), options))
    elif options.command == "leaf":
        sys.stdout.buffer.write(event_leaf(read(options.event)))
    elif options.command == "canonical":
        sys.stdout.buffer.write(canonical(read_json(read(options.file))).encode())


def number(text):
    try:
        return from_decimal(text, "the argument")
    except Unreadable as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name, *positional):
        added = commands.add_parser(name)
        for argument in positional:
            added.add_argument(argument)
        return added

    def keys(added, checkpoint=True):
        added.add_argument("--key", action="append", required=True, metavar="VKEY")
        if checkpoint:
            added.add_argument("--witness", action="append", default=[], metavar="VKEY")
            added.add_argument("--quorum", type=number, default=0, metavar="N")
            added.add_argument("--origin", metavar="NAME")

    def leaf(added):
        which = added.add_mutually_exclusive_group(required=True)
        which.add_argument("--leaf", metavar="FILE")
        which.add_argument("--event", metavar="FILE")
        which.add_argument("--leaf-hash", metavar="BASE64")

    keys(command("note", "file"), checkpoint=False)
    keys(command("checkpoint", "file"))
    proof = command("proof", "file")
    keys(proof)
    leaf(proof)
    inclusion = command("inclusion")
    for name in ("--index", "--size"):
        inclusion.add_argument(name, type=number, required=True)
    inclusion.add_argument("--root", required=True)
    leaf(inclusion)
    inclusion.add_argument("hash", nargs="*")
    consistency = command("consistency")
    for name in ("--old", "--new"):
        consistency.add_argument(name, type=number, required=True)
    for name in ("--old-root", "--new-root"):
        consistency.add_argument(name, required=True)
    consistency.add_argument("hash", nargs="*")
    entries = command("entries", "file")
    entries.add_argument("bundle", nargs="*")
    keys(entries)
    keys(command("events", "file", "export"))
    keys(command("bundle", "file"))
    keys(command("export", "file"))
    command("leaf", "event")
    command("canonical", "file")
    return parser.parse_args()


def main():
    try:
        run(arguments())
    except Unreadable as error:
        print(f"unreadable: {error}", file=sys.stderr)
        return UNREADABLE
    except DoesNotHold as error:
        print(f"does not hold: {error}", file=sys.stderr)
        return DOES_NOT_HOLD
    return HOLDS


if __name__ == "__main__":
    sys.exit(main())
