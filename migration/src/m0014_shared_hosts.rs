//! Host ids that many machines share. What the shipped catalogue says of lines and of these is said of it in databases that have it.
super::step!(
    "
    CREATE TABLE shared_hosts (
        host_id TEXT PRIMARY KEY,
        what TEXT NOT NULL
    );
    INSERT INTO shared_hosts (host_id, what)
        SELECT h.column1, h.column2 FROM (VALUES
            ('00059A3C7A00', 'a VPN adapter of Cisco AnyConnect'),
            ('505054503030', 'a PPTP adapter of Windows'),
            ('005056C00001', 'a host adapter of VMware'),
            ('005056C00008', 'a host adapter of VMware'),
            ('0A0027000000', 'a host adapter of VirtualBox'),
            ('020054554E01', 'a tunnel adapter of Windows'),
            ('00E04C680001', 'a dock or USB adapter with a Realtek chip')
        ) AS h WHERE EXISTS (SELECT 1 FROM products);

    UPDATE products SET line = 'CIC products' WHERE code = 'CIC' AND line = 'CIC and SIP products';
    UPDATE products SET line = 'SIP products' WHERE code = 'MediaServer' AND line = 'CIC and SIP products';
    UPDATE products SET line = 'Multi-Site' WHERE code = 'MultiSite' AND line = 'CIC and SIP products';
    "
);
