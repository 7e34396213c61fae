<?php
return [
    'backend' => [
        'frontName' => 'admin'
    ],
    'crypt' => [
        'key' => 'tuinwinkel-sleutel-van-mei-2019x'
    ],
    'db' => [
        'table_prefix' => '',
        'connection' => [
            'default' => [
                'host' => 'db',
                'dbname' => 'shop',
                'username' => 'shop',
                'password' => 'Zomer-Actie-2023',
                'active' => '1'
            ]
        ]
    ],
    'MAGE_MODE' => 'developer',
    'session' => [
        'save' => 'redis',
        'redis' => ['host' => 'cache', 'port' => '6379', 'database' => '2']
    ],
    'x-frame-options' => 'SAMEORIGIN',
    'install' => ['date' => 'Mon, 06 May 2019 08:14:02 +0000']
];
