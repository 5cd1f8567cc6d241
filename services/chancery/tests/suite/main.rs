//! The program as people run it: the real thing, in a folder and on ports of its own.

mod answers;
mod asking;
mod listening;
mod proving;
mod recording;
mod register;
mod serving;
mod stamping;
mod trying;
mod usage;
