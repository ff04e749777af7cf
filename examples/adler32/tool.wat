;; Adler-32 (RFC 1950) of a text's UTF-8 bytes: {"text": "..."} -> {"adler32": n}.
;;
;; The input schema admits exactly one property, so the first colon stands before the string. The string is
;; decoded as JSON: escapes, \uXXXX and surrogate pairs included.
(module
  (@custom "belljar:manifest" "{\"name\":\"adler32\",\"description\":\"Computes the Adler-32 checksum of a text.\",\"input\":{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\"}},\"required\":[\"text\"],\"additionalProperties\":false},\"output\":{\"type\":\"object\",\"properties\":{\"adler32\":{\"type\":\"integer\",\"minimum\":0}},\"required\":[\"adler32\"]}}")
  (memory (export "memory") 2)
  (data (i32.const 32) "{\"adler32\":")
  (global $top (mut i32) (i32.const 1024))
  (global $a (mut i32) (i32.const 1))
  (global $b (mut i32) (i32.const 0))

  ;; Never frees: an instance lives for one run.
  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32)
    (result i32)
    (local $at i32)
    (local.set $at
      (i32.and
        (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $top (i32.add (local.get $at) (local.get $size)))
    (block $fits
      (br_if $fits (i32.le_u (global.get $top) (i32.shl (memory.size) (i32.const 16))))
      (br_if $fits
        (i32.ne (i32.const -1)
          (memory.grow
            (i32.add (i32.const 1)
              (i32.shr_u (i32.sub (global.get $top) (i32.shl (memory.size) (i32.const 16))) (i32.const 16))))))
      (unreachable))
    (memory.copy (local.get $at) (local.get $old) (local.get $old_size))
    (local.get $at))

  ;; Takes one byte into the sums.
  (func $take (param $byte i32)
    (global.set $a (i32.rem_u (i32.add (global.get $a) (local.get $byte)) (i32.const 65521)))
    (global.set $b (i32.rem_u (i32.add (global.get $b) (global.get $a)) (i32.const 65521))))

  ;; Takes a code point as UTF-8.
  (func $take_point (param $point i32)
    (if (i32.lt_u (local.get $point) (i32.const 0x80))
      (then (call $take (local.get $point)) (return)))
    (if (i32.lt_u (local.get $point) (i32.const 0x800))
      (then
        (call $take (i32.or (i32.const 0xc0) (i32.shr_u (local.get $point) (i32.const 6)))))
      (else
        (if (i32.lt_u (local.get $point) (i32.const 0x10000))
          (then
            (call $take (i32.or (i32.const 0xe0) (i32.shr_u (local.get $point) (i32.const 12)))))
          (else
            (call $take (i32.or (i32.const 0xf0) (i32.shr_u (local.get $point) (i32.const 18))))
            (call $take_tail (local.get $point) (i32.const 12))))
        (call $take_tail (local.get $point) (i32.const 6))))
    (call $take_tail (local.get $point) (i32.const 0)))

  (func $take_tail (param $point i32) (param $shift i32)
    (call $take
      (i32.or (i32.const 0x80) (i32.and (i32.const 0x3f) (i32.shr_u (local.get $point) (local.get $shift))))))

  ;; Four hexadecimal digits.
  (func $hex (param $at i32) (result i32)
    (local $value i32) (local $digit i32) (local $end i32)
    (local.set $end (i32.add (local.get $at) (i32.const 4)))
    (loop $next
      (local.set $digit (i32.or (i32.const 0x20) (i32.load8_u (local.get $at))))
      (local.set $value
        (i32.or
          (i32.shl (local.get $value) (i32.const 4))
          (select
            (i32.sub (local.get $digit) (i32.const 0x57))
            (i32.and (local.get $digit) (i32.const 0x0f))
            (i32.ge_u (local.get $digit) (i32.const 0x61)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (local.get $value))

  (func $escape (param $letter i32) (result i32)
    (if (i32.eq (local.get $letter) (i32.const 0x62)) (then (return (i32.const 8))))
    (if (i32.eq (local.get $letter) (i32.const 0x74)) (then (return (i32.const 9))))
    (if (i32.eq (local.get $letter) (i32.const 0x6e)) (then (return (i32.const 10))))
    (if (i32.eq (local.get $letter) (i32.const 0x66)) (then (return (i32.const 12))))
    (if (i32.eq (local.get $letter) (i32.const 0x72)) (then (return (i32.const 13))))
    (local.get $letter))

  (func (export "run") (param $at i32) (param $length i32) (result i32)
    (local $byte i32) (local $point i32) (local $sum i32) (local $end i32) (local $digits i32)
    ;; To the colon, then to the quotation mark.
    (loop $skip
      (local.set $byte (i32.load8_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $skip (i32.ne (local.get $byte) (i32.const 0x3a))))
    (loop $skip
      (local.set $byte (i32.load8_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $skip (i32.ne (local.get $byte) (i32.const 0x22))))
    (block $done
      (loop $next
        (local.set $byte (i32.load8_u (local.get $at)))
        (br_if $done (i32.eq (local.get $byte) (i32.const 0x22)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (if (i32.ne (local.get $byte) (i32.const 0x5c))
          (then (call $take (local.get $byte)) (br $next)))
        (local.set $byte (i32.load8_u (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (if (i32.ne (local.get $byte) (i32.const 0x75))
          (then (call $take (call $escape (local.get $byte))) (br $next)))
        (local.set $point (call $hex (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        ;; A high surrogate and the low one after its "\u".
        (if (i32.eq (i32.and (local.get $point) (i32.const 0xfc00)) (i32.const 0xd800))
          (then
            (local.set $point
              (i32.add (i32.const 0x10000)
                (i32.or
                  (i32.shl (i32.and (local.get $point) (i32.const 0x3ff)) (i32.const 10))
                  (i32.and (call $hex (i32.add (local.get $at) (i32.const 2))) (i32.const 0x3ff)))))
            (local.set $at (i32.add (local.get $at) (i32.const 6)))))
        (call $take_point (local.get $point))
        (br $next)))
    (local.set $sum (i32.or (i32.shl (global.get $b) (i32.const 16)) (global.get $a)))
    ;; Digits from the end of 64..80 backwards, moved behind the prefix at 32..43.
    (local.set $end (i32.const 80))
    (local.set $at (local.get $end))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add (i32.const 0x30) (i32.rem_u (local.get $sum) (i32.const 10))))
      (local.set $sum (i32.div_u (local.get $sum) (i32.const 10)))
      (br_if $digit (local.get $sum)))
    (local.set $digits (i32.sub (local.get $end) (local.get $at)))
    (memory.copy (i32.const 43) (local.get $at) (local.get $digits))
    (i32.store8 (i32.add (i32.const 43) (local.get $digits)) (i32.const 0x7d))
    ;; result<string, fault>: the tag of ok, then pointer and length.
    (i32.store (i32.const 8) (i32.const 0))
    (i32.store (i32.const 12) (i32.const 32))
    (i32.store (i32.const 16) (i32.add (i32.const 12) (local.get $digits)))
    (i32.const 8)))
