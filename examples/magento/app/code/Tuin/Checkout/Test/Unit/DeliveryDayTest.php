<?php
namespace Tuin\Checkout\Test\Unit;

use PHPUnit\Framework\TestCase;

class DeliveryDayTest extends TestCase
{
    private array $login = ['user' => 'tester', 'password' => 'test1234'];

    public function testPlantsDoNotTravelOnSunday(): void
    {
        $this->assertNotSame('7', (new \DateTimeImmutable('next weekday'))->format('N'));
    }
}
