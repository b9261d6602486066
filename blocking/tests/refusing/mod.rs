//! An address that refuses connections, and that nobody else is given meanwhile.

use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

/// A socket that has its address and does not listen. Closing a listener instead leaves its port to
/// whoever asks next, such as another test.
pub(crate) struct Refusing(Socket);

impl Refusing {
    pub(crate) fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(&any_port.into()).unwrap();
        Self(socket)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap().as_socket().unwrap()
    }

    /// From here on connections are taken.
    #[allow(dead_code)]
    pub(crate) fn listen(self) -> TcpListener {
        self.0.listen(128).unwrap();
        self.0.into()
    }
}
