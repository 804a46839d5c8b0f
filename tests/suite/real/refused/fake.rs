//! Servers that no real one can be made to be: mute, sending on, answering without end, or with an
//! error that the real one here never gives.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// A port where nothing listens.
pub(super) fn closed() -> String {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    format!("http://{address}")
}

/// Takes connections and never answers.
pub(super) fn mute() -> String {
    serve(|_| {})
}

/// Answers every request with this.
pub(super) fn answering(status: &str, headers: &str, body: &[u8]) -> String {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let answer = [head.as_bytes(), body].concat();
    serve(move |connection| {
        let _ = connection.write_all(&answer);
        let _ = connection.shutdown(std::net::Shutdown::Write);
        // A connection that is closed with bytes unread is reset, and the answer lost.
        let _ = connection.set_read_timeout(Some(Duration::from_secs(2)));
        let _ = std::io::copy(connection, &mut std::io::sink());
    })
}

/// The server lives as long as the process of the tests.
fn serve(answer: impl Fn(&mut TcpStream) + Send + Sync + Clone + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            held.push(connection.try_clone().unwrap());
            let answer = answer.clone();
            std::thread::spawn(move || {
                let _ = connection.read(&mut [0; 65536]);
                answer(&mut connection);
            });
        }
    });
    format!("http://{address}")
}
