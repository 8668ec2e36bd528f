-- Lists of what a target refused: few rows, and none that is written on the way.
create index delivery_refused on tieout.delivery (delivery_id) where state = 'refused';
