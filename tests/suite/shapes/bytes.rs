//! Files as bytes: line ends, marks, tabs, encodings, the last line.

use super::{Row, check, row};

const APP: &str = "import app; print(repr(app.app.secret_key))";

#[test]
fn bytes_around_a_change_stay() {
    check("bytes", &rows());
}

/// An app whose settings stand in a file of these bytes.
fn settings(name: &'static str, bytes: &[u8]) -> Row {
    row(name, "-- app.py\nfrom flask import Flask\n\napp = Flask(__name__)\napp.config.from_object('config.Config')\n")
        .bytes("config.py", bytes)
        .keeps("app.py")
}

fn rows() -> Vec<Row> {
    vec![
        settings("CR LF", b"class Config:\r\n    DEBUG = False\r\n    SECRET_KEY = 'colours-of-the-wind'\r\n").key(APP),
        settings(
            "CR LF, imports and a docstring",
            b"\"\"\"Settings.\"\"\"\r\nimport sys\r\n\r\n\r\nclass Config:\r\n    SECRET_KEY = 'colours-of-the-wind'  # here\r\n    ROOT = sys.prefix\r\n",
        )
        .key(APP),
        settings(
            "mixed line ends",
            b"import os\r\n\nclass Config:\n    DEBUG = False\r\n    SECRET_KEY = os.environ.get('SECRET_KEY', 'colours-of-the-wind')\n    TITLE = 'x'\r\n",
        )
        .key(APP),
        settings(
            "a byte-order mark",
            b"\xef\xbb\xbfclass Config:\n    SECRET_KEY = 'colours-of-the-wind'\n",
        )
        .key(APP),
        settings(
            "a byte-order mark, CR LF, no last line end",
            b"\xef\xbb\xbf# Settings\r\nclass Config:\r\n    SECRET_KEY = 'colours-of-the-wind'",
        )
        .key(APP),
        settings("tabs", b"class Config:\n\tDEBUG\t= False\n\tSECRET_KEY\t= 'colours-of-the-wind'\t# tab\n").key(APP),
        settings("no last line end", b"class Config:\n    DEBUG = False\n    SECRET_KEY = 'colours-of-the-wind'").key(APP),
        settings(
            "spaces at line ends and form feeds",
            b"class Config:   \n    DEBUG = False  \n\x0c\n    SECRET_KEY = 'colours-of-the-wind'   \n    \n",
        )
        .key(APP),
        settings(
            "letters of other scripts",
            "# Настройки — «секрет»\nclass Config:\n    TITLE = 'Büro ☂ 店'\n    SECRET_KEY = 'colours-of-the-wind'  # тайна\n"
                .as_bytes(),
        )
        .key(APP),
        settings(
            "a coding line of Latin-1",
            b"# -*- coding: latin-1 -*-\nclass Config:\n    TITLE = 'B\xfcro'\n    SECRET_KEY = 'colours-of-the-wind'\n",
        )
        .keeps("config.py")
        .told("config.py"),
        settings(
            "a coding line of Latin-1 and plain letters",
            b"# -*- coding: latin-1 -*-\nclass Config:\n    TITLE = 'Office'\n    SECRET_KEY = 'colours-of-the-wind'\n",
        )
        .key(APP),
        settings("not UTF-8 and no coding line", b"class Config:\n    # B\xfcro\n    SECRET_KEY = 'colours-of-the-wind'\n")
            .keeps("config.py")
            .told("config.py"),
        settings("a key with other letters", "class Config:\n    SECRET_KEY = 'Ärger-mit-Schlüsseln-2019'\n".as_bytes())
            .key(APP),
        settings(
            "bytes with escapes over two lines",
            b"class Config:\n    SECRET_KEY = (b'\\x9d\\xfe\\x00\\\\ '\n                  b'\\'\\x80abc')\n    DEBUG = False\n",
        )
        .key(APP),
        row("a gitignore in CR LF without a last line end", "-- app.py\nfrom flask import Flask\n\napp = Flask(__name__)\napp.secret_key = 'colours-of-the-wind'\n")
            .bytes(".gitignore", b"*.pyc\r\n/instance")
            .git()
            .changes(".gitignore")
            .key(APP),
        row("an env file in CR LF without a last line end", "-- app.py\nfrom flask import Flask\n\napp = Flask(__name__)\napp.secret_key = 'colours-of-the-wind'\n")
            .bytes(".env", b"MAIL_SERVER=mail.example.org\r\nMAIL_PORT=25")
            .changes(".env")
            .key(APP),
        row("an env file with a mark", "-- app.py\nfrom flask import Flask\n\napp = Flask(__name__)\napp.secret_key = 'colours-of-the-wind'\n")
            .bytes(".env", b"\xef\xbb\xbfMAIL_PORT=25\n")
            .changes(".env")
            .key(APP),
    ]
}
