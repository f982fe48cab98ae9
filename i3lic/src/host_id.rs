//! Host ids of this machine: the hardware addresses of its network interfaces.

use licensing::HostId;
use std::fmt;
#[cfg(target_os = "linux")]
use std::path::Path;

/// A network interface that is hardware, or that a virtual machine takes for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interface {
    /// Why its address may not be there tomorrow; those that stay come first.
    pub may_leave: Option<&'static str>,
    /// The address that it was made with, whatever it is called and bound to now.
    pub host_id: HostId,
    pub name: String,
}

/// `6300270E26DF  eth0`, and why it may not be there tomorrow.
impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}", self.host_id, self.name)?;
        self.may_leave.map_or(Ok(()), |why| write!(f, "  ({why})"))
    }
}

/// The interfaces of this machine: those that stay before those that may leave, each by host id, so that the order is the same whatever they are
/// called today.
#[cfg(target_os = "linux")]
pub fn of_this_machine() -> Vec<Interface> {
    in_sysfs(Path::new("/sys/class/net"))
}

/// The same elsewhere.
#[cfg(not(target_os = "linux"))]
pub fn of_this_machine() -> Vec<Interface> {
    let interfaces = netdev::get_interfaces().into_iter();
    let hardware = interfaces.filter(|interface| !interface.is_loopback() && !interface.is_tun() && interface.is_broadcast());
    sorted(hardware.filter_map(|interface| {
        let digits: String = interface.mac_addr?.octets().iter().map(|octet| format!("{octet:02X}")).collect();
        Some(Interface { may_leave: None, host_id: HostId::typed(&digits).ok()?, name: interface.name })
    }))
}

fn sorted(interfaces: impl Iterator<Item = Interface>) -> Vec<Interface> {
    let mut interfaces: Vec<Interface> = interfaces.collect();
    interfaces.sort();
    // Interfaces that are bound together have one address.
    interfaces.dedup_by(|one, other| one.host_id == other.host_id);
    interfaces
}

/// Network interfaces as the kernel lists them in `folder`.
#[cfg(target_os = "linux")]
fn in_sysfs(folder: &Path) -> Vec<Interface> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    sorted(entries.filter_map(|entry| {
        let interface = entry.path();
        // What has a device beneath it is hardware, or a virtual machine's own; bridges, tunnels and bonds come and go with programs.
        if !interface.join("device").exists() {
            return None;
        }
        let said = |file: &str| std::fs::read_to_string(interface.join(file)).map(|text| text.trim().to_owned()).ok();
        // Those that a bond holds bear the bond's address, one of theirs.
        let permanent = said("bonding_slave/perm_hwaddr");
        let own = permanent.is_some() || said("addr_assign_type").is_none_or(|assigned| assigned == "0");
        let host_id = HostId::typed(&permanent.or_else(|| said("address"))?).ok()?;
        let subsystem = std::fs::read_link(interface.join("device/subsystem")).ok();
        let on_usb = subsystem.is_some_and(|subsystem| subsystem.file_name().is_some_and(|name| name == "usb"));
        let may_leave = match () {
            () if on_usb => Some("a USB adapter or dock, gone when it is unplugged"),
            () if said("device/removable").is_some_and(|removable| removable == "removable") => {
                Some("a removable adapter or dock, gone when it is unplugged")
            }
            () if !own => Some("an address that software has set, which may change"),
            () => None,
        };
        Some(Interface { may_leave, host_id, name: entry.file_name().to_string_lossy().into_owned() })
    }))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::symlink};

    /// An interface as the kernel shows it.
    fn interface(folder: &Path, name: &str, files: &[(&str, &str)], bus: Option<&str>) {
        let path = folder.join(name);
        fs::create_dir_all(&path).expect("a folder");
        if let Some(bus) = bus {
            fs::create_dir(path.join("device")).expect("a folder");
            symlink(format!("../../../bus/{bus}"), path.join("device/subsystem")).expect("a link");
        }
        for (file, text) in files {
            let file = path.join(file);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, format!("{text}\n")).expect("written");
        }
    }

    fn shown(folder: &Path) -> Vec<String> {
        let words = |found: Interface| format!("{} {} {}", found.host_id, found.name, found.may_leave.unwrap_or("stays"));
        in_sysfs(folder).into_iter().map(words).collect()
    }

    #[test]
    fn adapters_that_change_names_keep_their_order() {
        let ids = |names: [&str; 2]| {
            let folder = tempfile::tempdir().expect("a folder");
            for (name, address) in names.into_iter().zip(["00:50:56:89:00:1e", "00:50:56:89:00:0a"]) {
                interface(folder.path(), name, &[("address", address), ("addr_assign_type", "0")], Some("pci"));
            }
            interface(folder.path(), "lo", &[("address", "00:00:00:00:00:00")], None);
            interface(folder.path(), "docker0", &[("address", "02:42:ac:11:00:02")], None);
            in_sysfs(folder.path()).into_iter().map(|found| found.host_id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(ids(["eth0", "eth1"]), ["00505689000A", "00505689001E"]);
        assert_eq!(ids(["eth1", "eth0"]), ["00505689000A", "00505689001E"]);
    }

    #[test]
    fn a_bond_shows_the_addresses_that_its_adapters_were_made_with() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, permanent) in [("eno1", "00:50:56:89:00:0a"), ("eno2", "00:50:56:89:00:1e")] {
            let files = [("address", "00:50:56:89:00:0a"), ("addr_assign_type", "2"), ("bonding_slave/perm_hwaddr", permanent)];
            interface(folder.path(), name, &files, Some("pci"));
        }
        interface(folder.path(), "bond0", &[("address", "00:50:56:89:00:0a"), ("addr_assign_type", "2")], None);
        assert_eq!(shown(folder.path()), ["00505689000A eno1 stays", "00505689001E eno2 stays"]);
    }

    #[test]
    fn what_may_leave_comes_last_and_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let dock = [("address", "00:05:9a:3c:7a:00"), ("addr_assign_type", "0")];
        interface(folder.path(), "enx0", &dock, Some("usb"));
        interface(folder.path(), "enp5s0", &[("address", "00:1b:21:00:00:01"), ("device/removable", "removable")], Some("pci"));
        interface(folder.path(), "eth0", &[("address", "02:fc:00:00:00:01"), ("addr_assign_type", "3")], Some("virtio"));
        interface(folder.path(), "eno1", &[("address", "f4:4d:30:00:00:01"), ("addr_assign_type", "0")], Some("pci"));
        assert_eq!(
            shown(folder.path()),
            [
                "F44D30000001 eno1 stays",
                "00059A3C7A00 enx0 a USB adapter or dock, gone when it is unplugged",
                "001B21000001 enp5s0 a removable adapter or dock, gone when it is unplugged",
                "02FC00000001 eth0 an address that software has set, which may change",
            ]
        );
    }
}
