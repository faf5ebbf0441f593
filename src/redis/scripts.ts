/**
 * What is done at Redis in one step each. A place has two keys: `…:lock`, which holds whose it is and ends by itself, and
 * `…:known`, a hash of `at` (when it was written, in ms since the epoch) and `is` (remembered-text.ts). A replica that has locks has
 * `alive:…`, which ends soon after it was killed.
 */

/**
 * KEYS: lock, known, pause, alive. ARGV: whose (the replica, a colon, a number), ms, how the keys begin that say who is alive, ms
 * for which that is so. Gives [1, at, is, ms of pause left], or [0] while another replica has it that is alive. One that a replica
 * left behind itself it takes over: there it is by its turns that one at a time is at work.
 */
export const TAKE = `
local replica = function (whose) return string.match(whose, '^[^:]*') end
redis.call('SET', KEYS[4], '1', 'PX', ARGV[4])
local whose = redis.call('GET', KEYS[1])
if whose and replica(whose) ~= replica(ARGV[1]) and redis.call('EXISTS', ARGV[3] .. replica(whose)) == 1 then return {0} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local known = redis.call('HMGET', KEYS[2], 'at', 'is')
return {1, known[1], known[2], redis.call('PTTL', KEYS[3])}`;

/**
 * KEYS: lock, known. ARGV: whose, at, is ('' for nothing new), ms to keep what is known from now on ('' for as long as it
 * was to be kept). Only whose lock it still is may write.
 */
export const RELEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[2], 'at', ARGV[2], 'is', ARGV[3])
end
if ARGV[4] ~= '' then redis.call('PEXPIRE', KEYS[2], ARGV[4]) end
return redis.call('DEL', KEYS[1])`;

/** KEYS: alive. ARGV: ms. */
export const STAY_ALIVE = `
return redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])`;

/** KEYS: known. ARGV: at, is, ms to keep it. For what was learnt while Redis could not be reached. */
export const CATCH_UP = `
if tonumber(redis.call('HGET', KEYS[1], 'at') or '0') >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'at', ARGV[1], 'is', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`;

/** KEYS: pause. ARGV: ms, channel, message. A pause that lasts longer stays. */
export const PAUSE = `
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
return redis.call('PUBLISH', ARGV[2], ARGV[3])`;
