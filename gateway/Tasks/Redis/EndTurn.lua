-- Ends a client's turn, see TakeDeliveries.
--
-- ARGV     2 client

end_turn(ARGV[2])
return answer(nil)
