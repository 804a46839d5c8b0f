//! What else uses the key: its type, its length, what is derived from it.

use super::{Row, check, row};

const APP: &str = "import app; print(repr(app.app.secret_key))";

#[test]
fn keys_that_other_code_uses() {
    check("key-users", &users());
}

fn users() -> Vec<Row> {
    vec![
        row(
            "something is appended to the key",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY", "colours-of-the-wind")
SALT = app.secret_key + "-mail"
"#,
        )
        .required(APP)
        .told("no longer starts"),
        row(
            "a name with the key in it",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = "colours-of-the-wind" + "-v2"
"#,
        )
        .key(APP),
        row(
            "its length is checked at import",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY", "colours-of-the-wind-and-the-rain")
if len(app.secret_key) < 32:
    raise RuntimeError("SECRET_KEY is too short")
"#,
        )
        .required(APP)
        .told("no longer starts"),
        row(
            "tokens are signed with it",
            r#"
-- app.py
import os

from flask import Flask
from itsdangerous import URLSafeTimedSerializer

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY", "colours-of-the-wind")
signer = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="mail")
TOKEN = signer.dumps("someone")
"#,
        )
        .required(APP)
        .told("no longer starts"),
        row(
            "bytes are wanted",
            r#"
-- app.py
import hashlib
import hmac

from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = b"colours-of-the-wind"
MARK = hmac.new(app.config["SECRET_KEY"], b"mark", hashlib.sha256).hexdigest()
"#,
        )
        .key(APP),
        row(
            "a key of tokens in text",
            r#"
-- app.py
from flask import Flask

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "colours-of-the-wind"
app.config["JWT_ALGORITHM"] = "HS256"
"#,
        )
        .key("import app; print(repr(app.app.config['JWT_SECRET_KEY']))"),
        row(
            "a key of Fernet",
            r#"
-- app.py
import base64

from cryptography.fernet import Fernet
from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = "colours-of-the-wind-and-the-rain"
box = Fernet(base64.urlsafe_b64encode(app.config["SECRET_KEY"][:32].encode()))
"#,
        )
        .required(APP)
        .told("no longer starts"),
        row(
            "a salt of stored passwords",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
app.config["SECURITY_PASSWORD_SALT"] = "salt-of-the-sea-146585145368132386173505678016728509634"
"#,
        )
        .untouched()
        .by_hand("Stored password hashes depend on this salt"),
        row(
            "a key that is required",
            r#"
-- app.py
import os

from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
"#,
        )
        .untouched()
        .silent("FH10"),
    ]
}
