-- The newest partition, whichever that is.
SELECT  order_id
FROM    orders
WHERE   ds = MAX_PT('orders');
