//! Black-box tests: the real program over real RTSP, ONNX, SQLite, HTTP and WebSocket.

mod backup;
mod bad_input;
mod bench;
mod browser;
mod camera_faults;
mod command_line;
mod crowd;
mod demo;
mod drill;
mod eval;
mod full_disk;
mod grids;
mod interop;
mod live;
mod main_job;
mod models;
mod probe;
