//! An address that refuses connections, and that nobody else is given meanwhile.

use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

/// A socket that has its address and does not listen. Closing a listener instead leaves its port to
/// whoever asks next, such as another test.
pub struct Refusing(Socket);

impl Refusing {
    /// One on a port of the loopback address that is free.
    pub fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(&any_port.into()).unwrap();
        Self(socket)
    }

    /// The address.
    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap().as_socket().unwrap()
    }

    /// From here on connections are taken.
    pub fn listen(self) -> TcpListener {
        self.0.listen(128).unwrap();
        self.0.into()
    }
}

impl Default for Refusing {
    fn default() -> Self {
        Self::new()
    }
}
