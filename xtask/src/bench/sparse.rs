//! The largest volume with next to nothing in it: what each operation costs must follow what is there, not the size.
//!
//! Calls to the object stores are judged; CPU time of the server informs, because other things run on its machine.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::make_folder;
use super::server::{AWAY, HOME, Server, ThreadTimes};
use crate::failure::Failure;

const VOLUME_BYTES: u64 = 64 << 40;
const BLOCK_BYTES: u64 = 512 * 1024;
const BLOCKS: u64 = VOLUME_BYTES / BLOCK_BYTES;
/// A file system of memory holds files of any length; that of a disk may end at 16 TiB.
const MEMORY: &str = "/dev/shm";
/// Most calls to the stores for one operation.
const OBJECT_REQUESTS_MAX: u64 = 10;
/// How often what changes nothing is repeated; the mean is shown.
const REPEATED: u32 = 20;

/// Measures each operation on a volume of 64 TiB with three blocks, one of which changes.
///
/// # Errors
/// [`Failure::Bound`] if an operation makes more calls to the stores than it may; whatever keeps a step from its end.
pub(super) fn run(root: &Path) -> Result<(), Failure> {
    super::build(root)?;
    let folder = root.join("target/bench-sparse");
    let images = Path::new(MEMORY).join(format!("ebbstone-bench-sparse-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    make_folder(&folder)?;
    make_folder(&images)?;
    let outcome = Server::start(root, &folder.join("data")).and_then(|server| {
        let mut sparse = Sparse { server, images: images.clone(), worst: 0 };
        let outcome = sparse.measure();
        sparse.server.stop();
        outcome
    });
    let _ = std::fs::remove_dir_all(&folder);
    let _ = std::fs::remove_dir_all(&images);
    outcome
}

struct Sparse {
    server: Server,
    images: PathBuf,
    /// The most calls to the stores that one operation has made.
    worst: u64,
}

impl Sparse {
    fn measure(&mut self) -> Result<(), Failure> {
        let (one, two) = (self.images.join("day-1.raw"), self.images.join("day-2.raw"));
        for image in [&one, &two] {
            write_image(image, &[(0, 1), (BLOCKS / 2, 2), (BLOCKS - 1, 3)])?;
        }
        write_image(&two, &[(BLOCKS / 2, 4)])?;
        println!("volume: 64 TiB, 3 blocks; day 2 changes 1 block\n");
        println!("{:<26} {:>14} {:>16}  by kind", "operation", "server CPU ms", "object requests");
        let (first, second) = (one.display().to_string(), two.display().to_string());
        let day_one = self.snapshot("import", HOME, &["import", &first])?;
        let parent = ["--parent", &day_one, "--parent-file", &first];
        let day_two =
            self.snapshot("import of what changed", HOME, &[&["import", &second], &parent[..]].concat())?;
        let [copy_one, copy_two] =
            [&day_one, &day_two].map(|id| ["copy", id, "--from-region", HOME, "--wait"]);
        self.snapshot("copy in the region", HOME, &copy_one)?;
        self.snapshot("copy to another region", AWAY, &copy_one)?;
        self.snapshot("copy of what changed", AWAY, &copy_two)?;
        self.repeated("describe", &["describe", &day_two])?;
        self.repeated("diff", &["diff", &day_one, &day_two])?;
        let endpoint = self.server.endpoint().to_owned();
        let from_home = ["--from-region", HOME, "--from-endpoint-url", &endpoint];
        let pulled = self.snapshot("pull", AWAY, &[&["pull", &day_one], &from_home[..]].concat())?;
        let of_day_one = ["--parent", &pulled, "--from-parent", &day_one];
        let pull = [&["pull", &day_two], &from_home[..], &of_day_one].concat();
        self.snapshot("pull of what changed", AWAY, &pull)?;
        let exported = self.images.join("exported.raw").display().to_string();
        self.step("export", HOME, 1, &["export", &day_two, &exported])?;
        self.judge()
    }

    /// Measures a command that makes a snapshot, and gives the snapshot's id.
    fn snapshot(&mut self, name: &str, region: &str, arguments: &[&str]) -> Result<String, Failure> {
        let answer = self.step(name, region, 1, arguments)?;
        Server::snapshot_id(&answer)
    }

    fn repeated(&mut self, name: &str, arguments: &[&str]) -> Result<(), Failure> {
        self.step(name, HOME, REPEATED, arguments).map(drop)
    }

    /// Runs a command `times` times and prints what it took of the server in the mean.
    fn step(&mut self, name: &str, region: &str, times: u32, arguments: &[&str]) -> Result<String, Failure> {
        let requests_before = self.server.object_requests()?;
        let before = ThreadTimes::of(&self.server);
        let mut answer = String::new();
        for _ in 0..times {
            answer = self.server.run(region, arguments)?;
        }
        let cpu_ms = ThreadTimes::of(&self.server).milliseconds_since(&before) / f64::from(times);
        let mut requests = self.server.object_requests()?;
        for (kind, count) in &mut requests {
            *count -= requests_before.get(kind).copied().unwrap_or_default();
        }
        let total = requests.values().sum::<u64>();
        let kinds = requests.iter().filter(|(_, count)| **count > 0);
        let kinds = kinds.map(|(kind, count)| format!("{kind} {count}")).collect::<Vec<_>>().join(", ");
        let mean = total as f64 / f64::from(times);
        println!("{name:<26} {cpu_ms:>14.1} {mean:>16.1}  {kinds}");
        self.worst = self.worst.max(total.div_ceil(u64::from(times)));
        Ok(answer)
    }

    fn judge(&self) -> Result<(), Failure> {
        let worst = self.worst;
        println!("\nobject requests of one operation, most: {worst} (bound {OBJECT_REQUESTS_MAX})");
        match worst > OBJECT_REQUESTS_MAX {
            true => Err(Failure::Bound(format!("an operation made {worst} calls to the stores"))),
            false => Ok(()),
        }
    }
}

/// Writes blocks of an image that is otherwise holes; each is named by a number from which its bytes follow.
fn write_image(path: &Path, blocks: &[(u64, u64)]) -> Result<(), Failure> {
    let failed = |source| Failure::File { path: path.to_owned(), source };
    let open = || -> std::io::Result<File> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        file.set_len(VOLUME_BYTES)?;
        Ok(file)
    };
    let mut file = open().map_err(failed)?;
    for (index, content) in blocks {
        file.seek(SeekFrom::Start(index * BLOCK_BYTES)).map_err(failed)?;
        file.write_all(&super::image::block(*content)).map_err(failed)?;
    }
    Ok(())
}
