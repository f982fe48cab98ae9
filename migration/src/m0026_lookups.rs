//! Orders are found by the customer's own number.
super::step!(
    "
    CREATE INDEX orders_by_purchase_order ON orders (purchase_order);
    "
);
