# Answers about an activation file as docs/activation-file.md says: python3 verify.py FILE KEYS, where KEYS has verifier keys, one a line.
import base64, datetime, re, sys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
P, Y8 = 2**255 - 19, int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
DAY, COUNT, ITEM = r"\d{4}-\d\d-\d\d", r"(?:[1-9]\d{0,5}|1000000)", r'(?:server_item = "[A-Z0-9.-]{1,40}"\n)?'
NAME = r'"(?!\s)(?:[^"\\\0-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\\["\\]){1,100}(?<!\s)"'
ROLES = [rf'\n\[\[binding\.server\]\]\nrole = "{role}"\nmachine_name = {NAME}\n' for role in ("primary", "switchover")]
HOSTS = ROLES[0] + rf'host_id = "(?P<host>[0-9A-F]{{12}})"\n{ITEM}(?:{ROLES[1]}host_id = "(?!(?P=host))[0-9A-F]{{12}}"\n{ITEM})?'
CLOUD = ROLES[0] + rf"{ITEM}(?:{ROLES[1]}{ITEM})?\n\[enforcement\]\nramp_date = {DAY}\ngrace_days = {COUNT}\norganization_id = {NAME}\n"
FORM = re.compile(rf'''format = "activation-file/1"\nserial = "AF-[0-9]{{7,10}}"\nrevision = [1-9][0-9]{{0,9}}\nissued_at = {DAY}T\d\d:\d\d:\d\dZ
product = {NAME}\nproduct_version = {NAME}
license_type = "(?:(?P<hourly>development-(?:bundled|partner|ordered-(?:small|large)))|production|trial|evaluation)"
valid_through = (?P<last>{DAY})\n(?P<I3_FEATURE_SU_ALLOWED>updates_through = {DAY}\n)?\n\[account\]\nname = {NAME}\ngarn = "[A-Z0-9-]{{1,32}}"
install_site = {NAME}\n\n\[binding\]\nkind = "(?:host"\n{HOSTS}|(?P<I3_FEATURE_VIRTUAL_CLOUD>virtual-cloud)"\n{CLOUD})
(?(hourly)\[restrictions\]\ndisconnect_hourly = true\n\n)\[keys\]\n(?P<keys>(?:I3_[A-Z0-9_]{{1,61}} = {COUNT}\n)*)''')
def verify(key, text, signature):  # RFC 8032 without small-order keys and points
    small = [y for y in (key, signature[:32]) if int.from_bytes(y, "little") % 2**255 % P in (0, 1, P - 1, Y8, P - Y8)]
    Ed25519PublicKey.from_public_bytes(key).verify(b"" if small else signature, text)
try:  # whatever else fails: it is not an activation file
    ring = {(name, bytes.fromhex(id)): base64.b64decode(key)[1:] for name, id, key in (line.strip().split("+", 2) for line in open(sys.argv[2]))}
    text, _, end = open(sys.argv[1], "rb").read().removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").decode().rpartition("\n\n")
    lines = [re.fullmatch(r"— ([^\s+]+) (\S+)", line).groups() for line in end.removesuffix("\n").split("\n") if end[-1] == "\n"]
    signers = [(name, base64.b64decode(code, validate=True)) for name, code in lines]
    assert len(text.encode()) < 2**16 and 0 < len(lines) < 17 and all(len(b) > 3 and base64.b64encode(b).decode() == c for (_, b), (_, c) in zip(signers, lines))
    if re.match(r'format = "activation-file/(?!1")', text): sys.exit(print("newer format"))
    form = FORM.fullmatch(text + "\n")
    keys, days = re.findall(r"^I3_\w+", form["keys"], re.M), re.findall(rf"^\w+ = ({DAY}(?:T[\d:]+)?)Z?$", text, re.M)
    assert all(map(datetime.datetime.fromisoformat, days)) and keys == sorted(set(keys)) and all((k in keys) == bool(form[k]) for k in form.groupdict() if k[0] == "I")
    assert not {"I3_CLIENT_ACCESS", "I3_ACCESS_DIALER_SUPERVISOR_PLUS", "I3_FEATURE_USAGE_TRACKING"} & set(keys)
    known = [verify(ring[name, b[:4]], (text + "\n").encode(), b[4:]) for name, b in signers if (name, b[:4]) in ring]
    print("unknown key" if not known else "expired" if form["last"] < str(datetime.date.today()) else "valid")
except InvalidSignature: print("altered")
except Exception: print("not an activation file")
