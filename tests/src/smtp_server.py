"""A mail server for tests: STARTTLS and a password are required, and mail lands in one of two Maildir folders.

Arguments: port, certificate, key, user, password, domain of ours, folder of our mail, folder of all other mail.
"""

import mailbox
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

port, certificate, key, user, password, own, ours, others = sys.argv[1:]


class Deliver:
    async def handle_DATA(self, server, session, envelope):
        for recipient in envelope.rcpt_tos:
            domain = recipient.rsplit("@", 1)[-1].lower()
            folder = mailbox.Maildir(ours if domain == own else others)
            path = "<{}>".format(envelope.mail_from or "")
            folder.add(b"Return-Path: " + path.encode() + b"\r\n" + envelope.content)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == (user.encode(), password.encode())
    return AuthResult(success=right, handled=right)


tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
tls.load_cert_chain(certificate, key)
controller = Controller(
    Deliver(),
    hostname="127.0.0.1",
    port=int(port),
    authenticator=authenticate,
    auth_required=True,
    require_starttls=True,
    tls_context=tls,
    data_size_limit=200 * 1024 * 1024,
)
controller.start()
print("ready", flush=True)
sys.stdin.read()
controller.stop()
