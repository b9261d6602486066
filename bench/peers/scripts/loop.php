<?php
// The provider's algorithm in PHP's own functions, in one process.
//
// First comes a line of JSON with the secret and the parameters; the answer is PHP's version.
// Then lines such as `sign 100` and `verify 100 BODY`: so many times in a row. The answer is the
// nanoseconds that they took and the last result.

/** The documented algorithm, in its own words. */
function sign(array $params, string $secret): string
{
    $params = array_filter($params);
    ksort($params);
    return md5(urldecode(http_build_query($params)) . $secret);
}

function verify(string $body, string $secret): string
{
    parse_str($body, $params);
    $sign = $params['sign'];
    unset($params['sign']);
    return hash_equals(sign($params, $secret), $sign) ? $sign : 'refused';
}

$input = json_decode(fgets(STDIN), true, 512, JSON_THROW_ON_ERROR);
$secret = $input['secret'];
$params = array_column($input['parameters'], 1, 0);
echo PHP_VERSION, "\n";

while (($line = fgets(STDIN)) !== false) {
    [$operation, $times, $body] = explode(' ', rtrim($line, "\n")) + [2 => ''];
    $begun = hrtime(true);
    if ($operation === 'sign') {
        for ($i = 0; $i < $times; $i++) {
            $result = sign($params, $secret);
        }
    } else {
        for ($i = 0; $i < $times; $i++) {
            $result = verify($body, $secret);
        }
    }
    echo hrtime(true) - $begun, ' ', $result, "\n";
}
