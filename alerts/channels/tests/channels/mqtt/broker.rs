//! A real mosquitto on a free port of this machine, and somebody who listens there.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS};
use tempfile::TempDir;

const BROKER: &str = "/usr/sbin/mosquitto";
pub const PASSWORD: &str = "password-of-the-tests";

/// An authority made for one test, and a certificate of `localhost` from it.
pub struct Certificates {
    pub authority: String,
    certificate: String,
    key: String,
}

pub struct Broker {
    pub port: u16,
    folder: TempDir,
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

/// Something that was published.
pub struct Heard {
    pub topic: String,
    pub payload: String,
    retained: bool,
}

pub struct Listener {
    client: AsyncClient,
    events: EventLoop,
}

// === impl Certificates ===

impl Certificates {
    pub fn generate() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key).unwrap();
        let issuer = rcgen::Issuer::new(params, key);
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        Self { authority: authority.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

// === impl Broker ===

impl Broker {
    /// One that takes the tests' user only; none where mosquitto is not installed.
    #[expect(clippy::print_stdout, reason = "a test that was skipped says so")]
    pub fn start(certificates: Option<&Certificates>) -> Option<Self> {
        if !Path::new(BROKER).exists() {
            println!("skipped: mosquitto is not installed");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let file = |name: &str| folder.path().join(name);
        let made = Command::new("mosquitto_passwd")
            .args(["-b", "-c"])
            .arg(file("passwords"))
            .args(["gridwatch", PASSWORD])
            .status()
            .unwrap();
        assert!(made.success());
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut config = format!(
            "user root\nlistener {port} localhost\nallow_anonymous false\npassword_file {}\npersistence false\n",
            file("passwords").display()
        );
        if let Some(certificates) = certificates {
            std::fs::write(file("certificate"), &certificates.certificate).unwrap();
            std::fs::write(file("key"), &certificates.key).unwrap();
            config += &format!("certfile {}\n", file("certificate").display());
            config += &format!("keyfile {}\n", file("key").display());
        }
        std::fs::write(file("config"), config).unwrap();
        let (child, log, reader) = run(folder.path());
        Some(Self { port, folder, child, log, reader: Some(reader) })
    }

    pub fn url(&self) -> String {
        format!("mqtt://localhost:{}", self.port)
    }

    /// SIGKILL. Afterwards the log is complete.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
    }

    pub fn restart(&mut self) {
        self.kill();
        let (child, log, reader) = run(self.folder.path());
        (self.child, self.log, self.reader) = (child, log, Some(reader));
    }

    /// Whether it logged that it received a message in which this occurs.
    pub fn has_got(&self, text: &str) -> bool {
        self.log.lock().unwrap().iter().any(|line| line.contains("Received PUBLISH") && line.contains(text))
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts it and waits until it says that it runs.
fn run(folder: &Path) -> (Child, Arc<Mutex<Vec<String>>>, JoinHandle<()>) {
    let mut child = Command::new(BROKER)
        .arg("-v")
        .arg("-c")
        .arg(folder.join("config"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = child.stderr.take().unwrap();
    let log = Arc::<Mutex<Vec<String>>>::default();
    let (running, is_running) = channel();
    let lines = log.clone();
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines() {
            let Ok(line) = line else { break };
            if line.ends_with(" running") {
                // Nobody waits for it where it took too long.
                let _ = running.send(());
            }
            lines.lock().unwrap().push(line);
        }
    });
    wait(&is_running, &log);
    (child, log, reader)
}

fn wait(is_running: &Receiver<()>, log: &Mutex<Vec<String>>) {
    if is_running.recv_timeout(Duration::from_secs(20)).is_err() {
        panic!("mosquitto does not run: {:#?}", log.lock().unwrap());
    }
}

// === impl Listener ===

impl Listener {
    /// Somebody who hears everything on this topic from now on.
    pub async fn at(broker: &Broker, topic: &str) -> Self {
        let id = format!("listener-{:016x}", rand::random::<u64>());
        let mut options = MqttOptions::new(id, "localhost", broker.port);
        options.set_credentials("gridwatch", PASSWORD);
        let (client, mut events) = AsyncClient::new(options, 16);
        client.subscribe(topic, QoS::AtLeastOnce).await.unwrap();
        while !matches!(events.poll().await.unwrap(), Event::Incoming(Packet::SubAck(_))) {}
        Self { client, events }
    }

    /// The next message, whatever it is.
    async fn hear(&mut self) -> Heard {
        loop {
            if let Event::Incoming(Packet::Publish(publish)) = self.events.poll().await.unwrap() {
                let payload = String::from_utf8(publish.payload.to_vec()).unwrap();
                return Heard { topic: publish.topic, payload, retained: publish.retain };
            }
        }
    }

    /// The next message on this topic.
    pub async fn next(&mut self, topic: &str) -> Heard {
        self.next_with(topic, "").await
    }

    /// The next message on this topic in which this occurs.
    pub async fn next_with(&mut self, topic: &str, text: &str) -> Heard {
        loop {
            let heard = self.hear().await;
            if heard.topic == topic && heard.payload.contains(text) {
                return heard;
            }
        }
    }

    /// Listens until this was published on this topic.
    pub async fn until(&mut self, topic: &str, payload: &str) {
        while self.next(topic).await.payload != payload {}
    }

    /// What the broker kept: all that comes before a mark of our own.
    pub async fn retained(mut self) -> Vec<Heard> {
        let mark = "marks/of/the/tests";
        self.client.subscribe(mark, QoS::AtLeastOnce).await.unwrap();
        self.client.publish(mark, QoS::AtLeastOnce, false, "").await.unwrap();
        let mut kept = Vec::new();
        loop {
            let heard = self.hear().await;
            if heard.topic == mark {
                return kept;
            }
            if heard.retained {
                kept.push(heard);
            }
        }
    }
}
