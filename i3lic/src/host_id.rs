use licensing::HostId;
use netdev::Interface;

/// (Name of the interface, its host id) of each network interface that is hardware, or that a virtual machine takes for it, by name.
pub fn of_this_machine() -> Vec<(String, HostId)> {
    let mut ids: Vec<(String, HostId)> = netdev::get_interfaces()
        .into_iter()
        .filter(is_hardware)
        .filter_map(|interface| {
            let address = interface.mac_addr.filter(|address| address.octets() != [0; 6])?;
            let digits: String = address.octets().iter().map(|octet| format!("{octet:02X}")).collect();
            Some((interface.name, digits.parse().ok()?))
        })
        .collect();
    ids.sort();
    // Interfaces that are bound together have one address.
    let mut seen = Vec::new();
    ids.retain(|(_, id)| {
        let new = !seen.contains(id);
        seen.push(id.clone());
        new
    });
    ids
}

/// Bridges, tunnels and the like come and go with programs.
fn is_hardware(interface: &Interface) -> bool {
    if cfg!(target_os = "linux") {
        // The kernel links what has a device beneath it, a virtual machine's own interfaces among them.
        std::path::Path::new("/sys/class/net").join(&interface.name).join("device").exists()
    } else {
        !interface.is_loopback() && !interface.is_tun() && interface.is_broadcast()
    }
}
