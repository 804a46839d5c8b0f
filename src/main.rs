//! argv in, exit code out.

fn main() -> std::process::ExitCode {
    flask_harden::main()
}
