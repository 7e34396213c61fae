<?php
namespace Tuin\Checkout\Model;

use Magento\Checkout\Api\Data\ShippingInformationInterface;
use Magento\Checkout\Model\ShippingInformationManagement;

/** Plants travel from Monday to Thursday only. */
class DeliveryDay
{
    public function beforeSaveAddressInformation(
        ShippingInformationManagement $subject,
        $cartId,
        ShippingInformationInterface $information
    ): array {
        $information->setExtensionAttributes($this->nextDay($information));
        return [$cartId, $information];
    }

    private function nextDay(ShippingInformationInterface $information)
    {
        $attributes = $information->getExtensionAttributes();
        $attributes->setDeliveryDay((new \DateTimeImmutable('next weekday'))->format('Y-m-d'));
        return $attributes;
    }
}
