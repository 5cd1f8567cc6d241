//! The program. What it does is in the library beside it, so that tests can link it too.

fn main() -> std::process::ExitCode {
    chancery::main()
}
